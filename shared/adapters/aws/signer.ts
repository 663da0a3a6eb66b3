import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import type { AwsKeys } from "./keys.ts";

export interface RequestToSign {
  method: string;
  /** Of the `Host` header: with the port unless it is the scheme's own. */
  host: string;
  /** Path and query, as {@link signablePath} returns them. */
  target: string;
  contentType: string | undefined;
  body: string | Uint8Array | undefined;
}

export interface SignerOptions {
  region: string;
  keys: () => Promise<AwsKeys>;
  service?: string;
  now?: () => Date;
}

/** Returns the headers that prove who sends a request; see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export type SignRequest = (request: RequestToSign) => Promise<Record<string, string>>;

export function requestSigner({ region, keys, service = "es", now = () => new Date() }: SignerOptions): SignRequest {
  const credentials = async () => {
    const { sessionToken, ...pair } = await keys();
    return sessionToken === undefined ? pair : { ...pair, sessionToken };
  };
  // Loaded where something is signed: most clusters are not Amazon's.
  const open = async () => new (await import("@smithy/signature-v4")).SignatureV4({ service, region, credentials, sha256: Sha256 });
  let signer: ReturnType<typeof open> | undefined;
  return async ({ method, host, target, contentType, body }) => {
    signer ??= open();
    const [path = "", query = ""] = target.split("?", 2);
    const headers = { host, ...(contentType === undefined ? {} : { "content-type": contentType }) };
    const request = { method, protocol: "https:", hostname: host, path, query: valuesOf(query), headers, body };
    return (await (await signer).sign(request, { signingDate: now() })).headers;
  };
}

/** Characters that a path may have as they are. `+` is not among them: up to 7.3 Elasticsearch reads a space. */
const PLAIN_IN_PATH = /%(?:24|26|2C|3A|3B|3D|40)/gi;

/**
 * The path and query to send so that every reading of the rules gives one signature. What Amazon expects of an encoded comma in a path differs
 * between reports (`%2C` in smarty-archives/go-aws-auth#28, `%252C` in bcuff/elasticsearch-net-aws#10); of a plain one it is always `%2C`
 * (sharetribe/aws-sig4#4). A query is sent in the very form that is signed.
 */
export function signablePath(target: string): string {
  const [path = "", query = ""] = target.split("?", 2);
  const plain = path.replace(PLAIN_IN_PATH, decodeURIComponent);
  const pairs = [...new URLSearchParams(query)].map((pair) => pair.map(encoded).join("="));
  return pairs.length === 0 ? plain : `${plain}?${pairs.sort().join("&")}`;
}

/** `encodeURIComponent` leaves five more characters as they are than the signature does. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function valuesOf(query: string): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) values[name] = [...(values[name] ?? []), value];
  return values;
}

/** The form in which the signer wants a hash; with a secret it is an HMAC. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): never {
    throw new TypeError("a hash is used once");
  }
}

function bytesOf(secret: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof secret === "string") return Buffer.from(secret);
  return ArrayBuffer.isView(secret) ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength) : new Uint8Array(secret);
}
