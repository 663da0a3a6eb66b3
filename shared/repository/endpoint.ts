import { type Fault, fault, type Warning } from "./fault.ts";

export interface Endpoint {
  scheme: "http" | "https";
  /** Lower case, including the port if given. */
  host: string;
  /** The region in the host name: `cn-hangzhou`; absent for other hosts and for acceleration. */
  region: string | undefined;
  network: "internal" | "public" | "accelerate" | "other";
  /** A bucket prefixed to the host; the clients add the bucket themselves. */
  bucket: string | undefined;
}

const PORT_MAX = 65_535;

/** `vpc100-` is an earlier name of the internal network. */
const OSS_HOST = /^(?:(?!s3\.)([a-z0-9-]+)\.)?(?:s3\.)?(vpc100-)?oss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com\.?(?::\d+)?$/;
/** The hosts that also have an IPv6 address. https://help.aliyun.com/zh/oss/user-guide/regions-and-endpoints */
const OSS_DUAL_STACK_HOST = /^(?:([a-z0-9-]+)\.)?([a-z]{2}-[a-z0-9-]+)\.oss\.aliyuncs\.com\.?(?::\d+)?$/;
const AWS_HOST = /^(?:([a-z0-9.-]+)\.)?s3(?:[.-](?:dualstack\.|fips\.)?([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?\.?(?::\d+)?$/;
/** Names in the place of a region: acceleration and an alias of us-east-1. */
const AWS_NO_REGION = /^(?:accelerate|external-1|fips|dualstack)$/;

/**
 * Parses an endpoint as users write it, with or without a scheme (the plugins default to http).
 * Returns `undefined` when it is not a plain address: credentials, a path or a query are not allowed.
 */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:(https?):\/\/)?([A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?)\/?$/.exec(text.trim());
  if (match === null) return undefined;
  const host = (match[2] ?? "").toLowerCase().replace(/:0+(?=\d+$)/, ":");
  if (Number(/:(\d+)$/.exec(host)?.[1] ?? 1) > PORT_MAX) return undefined;
  return { scheme: match[1] === "https" ? "https" : "http", host, ...readHost(host) };
}

/**
 * The public hosts of the finance regions end with `-pub`, which is no part of the region's name.
 * https://help.aliyun.com/zh/oss/user-guide/regions-and-endpoints
 */
const FINANCE_REGION = /-finance-\d+$/;
const PUBLIC_OF_FINANCE = /-pub$/;

/** `https://oss-cn-hangzhou-internal.aliyuncs.com`. */
export function ossEndpoint(region: string, options: { internal?: boolean; scheme?: "http" | "https" } = {}): string {
  const publicEnd = FINANCE_REGION.test(region) ? "-pub" : "";
  return `${options.scheme ?? "https"}://oss-${region}${options.internal === true ? "-internal" : publicEnd}.aliyuncs.com`;
}

/** How ali-oss and consoles write a region; no host of a network is called so. */
const REGION_NAME = /^(?:oss-)?((?:cn|us|eu|ap|me|na)-[a-z]+(?:-[a-z0-9]+)*?)(?:-internal)?$/;

export interface EndpointCheck {
  /** Path of the endpoint in the configuration, for messages: `settings.endpoint`. */
  path: string;
  endpoint: string;
  /** The region configured next to it. */
  region?: string | undefined;
  /** The region where the caller (a function or a cluster) runs, when known. */
  callerRegion?: string | undefined;
}

/** Checks endpoint, region and network: wrong addresses are faults, a public endpoint in the caller's own region is a cost warning. */
export function checkEndpoint({ path, endpoint, region, callerRegion }: EndpointCheck): { faults: Fault[]; warnings: Warning[] } {
  const parsed = parseEndpoint(endpoint);
  if (parsed === undefined) {
    const fix = "write the address only, as in https://oss-cn-hangzhou.aliyuncs.com";
    return { faults: [fault(path, "endpoint.invalid", "not an endpoint", fix, { value: shown(endpoint) })], warnings: [] };
  }
  const name = REGION_NAME.exec(parsed.host)?.[1];
  if (name !== undefined)
    return {
      faults: [fault(path, "endpoint.isRegion", "a region, not an address", `write ${ossEndpoint(name)}`, { value: endpoint })],
      warnings: [],
    };
  const faults: Fault[] = [];
  if (parsed.bucket !== undefined) {
    faults.push(fault(path, "endpoint.bucket", "names the bucket too", `remove "${parsed.bucket}." from it`, { value: endpoint }));
  }
  if (region !== undefined && parsed.region !== undefined && parsed.region !== region) {
    const fix = `make both ${parsed.region} or both ${region}`;
    faults.push(fault(path, "endpoint.region", `lies in ${parsed.region}, the region beside it is ${region}`, fix, { value: endpoint }));
  }
  return callerRegion === undefined ? { faults, warnings: [] } : withCaller(path, endpoint, parsed, callerRegion, faults);
}

function withCaller(path: string, endpoint: string, parsed: Endpoint, callerRegion: string, faults: Fault[]) {
  const warnings: Warning[] = [];
  if (parsed.network === "internal" && parsed.region !== callerRegion) {
    const wrong = `internal to ${parsed.region}, out of reach from ${callerRegion}`;
    faults.push(fault(path, "endpoint.unreachable", wrong, "use the public endpoint", { value: endpoint }));
  }
  if (parsed.network === "public" && parsed.region === callerRegion) {
    const fix = `use ${ossEndpoint(callerRegion, { internal: true, scheme: parsed.scheme })}`;
    warnings.push(
      fault(path, "endpoint.public", "public: traffic within the region is charged as internet traffic", fix, { value: endpoint }),
    );
  }
  return { faults, warnings };
}

function readHost(host: string): Pick<Endpoint, "region" | "network" | "bucket"> {
  const oss = OSS_HOST.exec(host);
  if (oss !== null) {
    const [, bucket, vpc, named, internal] = oss;
    const region = named?.replace(PUBLIC_OF_FINANCE, "");
    if (region?.startsWith("accelerate") === true) return { region: undefined, network: "accelerate", bucket };
    return { region, network: internal === undefined && vpc === undefined ? "public" : "internal", bucket };
  }
  const [, bucketOfDual, dual] = OSS_DUAL_STACK_HOST.exec(host) ?? [];
  if (dual !== undefined) return { region: dual, network: "public", bucket: bucketOfDual };
  const [, bucket, named = ""] = AWS_HOST.exec(host) ?? [];
  return { region: AWS_NO_REGION.test(named) || named === "" ? undefined : named, network: "other", bucket };
}

/** Names of this machine that are one address. */
const LOOPBACK = /^(?:localhost|\[::1\])$/;

/**
 * Equal for two spellings of one HTTP address: letter case, default port, trailing dot or slash, user info, query, and the names of this
 * machine do not count; an IPv4 address is the same within IPv6, and a path is compared as it reads. Neither does the scheme count, because one port speaks one of the two. `undefined` for a text that is no URL.
 */
export function addressId(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(url);
  const host = asIpv4(hostname.replace(/\.$/, ""));
  const path = pathname.split("/").flatMap((segment) => (segment === "" ? [] : decoded(segment)));
  return [`${LOOPBACK.test(host) ? "127.0.0.1" : host}:${port || (protocol === "https:" ? "443" : "80")}`, ...path].join("/");
}

/** As URL writes it: `[::ffff:102:304]` is 1.2.3.4. */
function asIpv4(host: string): string {
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  return [high, low].flatMap((half) => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 0xff]).join(".");
}

function decoded(segment: string): string {
  try {
    // A slash within a segment is none between two.
    return decodeURIComponent(segment).replaceAll("/", "%2F");
  } catch {
    return segment;
  }
}

/** An address with a user part may contain a password. */
function shown(endpoint: string): string | null {
  return endpoint.includes("@") ? null : endpoint;
}
