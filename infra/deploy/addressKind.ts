import { BlockList, isIP } from "node:net";

/** What keeps an address from being reached over the internet. */
export interface AddressKind {
  /** `a private IP address` */
  words: string;
  /** From where it is reached: from a network of one's own, from the same machine, from no function. */
  from: "vpc" | "machine" | "nowhere";
}

/** https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. */
const RANGES: readonly [words: string, from: AddressKind["from"], subnets: readonly string[]][] = [
  ["the address of the machine itself", "machine", ["127.0.0.0/8", "0.0.0.0/8", "::/127"]],
  ["a link-local address, of one cable only", "nowhere", ["169.254.0.0/16", "fe80::/10"]],
  ["an address of many or of none", "nowhere", ["224.0.0.0/3", "ff00::/8"]],
  ["a private IP address", "vpc", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"]],
  // Alibaba Cloud's own services within a VPC have these.
  ["an address of the cloud's internal network", "vpc", ["100.64.0.0/10"]],
  ["an address for tests of networks", "vpc", ["198.18.0.0/15"]],
  ["an address for documentation only", "nowhere", ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"]],
];

const LISTS = RANGES.map(([words, from, subnets]) => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = "", bits] = subnet.split("/");
    list.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  return { words, from, list };
});

/** Names that the internet's DNS does not have (RFC 6761, 6762 with its appendix G, 8375, and ICANN's reservation of 2024), or that it has for a private network only. */
const NAMES: readonly [words: string, from: AddressKind["from"], host: RegExp][] = [
  ["the address of the machine itself", "machine", /^(?:.+\.)?localhost$/],
  ["a name of a local network", "vpc", /^[^.]+$|\.(?:local|localdomain|internal|intranet|private|corp|home|home\.arpa|lan)$/],
  ["the private address of an Elasticsearch instance", "vpc", /^(?!.*\.public\.).*\.elasticsearch\.aliyuncs\.com$/],
  // Also in China, and of both families (`aos`).
  ["a domain within a VPC of Amazon", "vpc", /^vpc-[^.]+\.(?:[a-z0-9-]+\.es\.amazonaws\.com(?:\.cn)?|aos\.[a-z0-9-]+\.on\.aws)$/],
  ["an endpoint within a VPC (PrivateLink)", "vpc", /^ep-[^.]+\.[a-z0-9-]+\.privatelink\.aliyuncs\.com$/],
];

/**
 * How a host is out of the internet's reach; `undefined` for one that the internet reaches, and for OSS's own internal names, which need no VPC.
 * @param host a name or an address; one of IPv6 with or without brackets.
 */
export function addressKind(host: string): AddressKind | undefined {
  const plain = asDialled(host)
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  const family = isIP(plain);
  // A list of IPv4 ranges also answers for `::ffff:10.0.0.1`.
  if (family !== 0) return LISTS.find(({ list }) => list.check(plain, family === 6 ? "ipv6" : "ipv4"));
  const named = NAMES.find(([, , name]) => name.test(plain));
  return named && { words: named[0], from: named[1] };
}

/** `127.1`, `0x7f000001`, full-width digits: every client dials them as 127.0.0.1. An endpoint may be written without the scheme, by which URL reads them. */
function asDialled(host: string): string {
  const url = `http://${host}/`;
  return URL.canParse(url) ? new URL(url).hostname : host;
}
