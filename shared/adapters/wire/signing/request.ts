import type { Query } from "./encoding.ts";

export interface RequestToSign {
  method: string;
  /** Of the `Host` header: with the port unless it is the scheme's own. */
  host: string;
  /** As the signature names it, not encoded: that of OSS always begins with the bucket. */
  path: string;
  query: Query;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hex; without it the body is not part of the signature. */
  bodyHash?: string;
}

export interface SignerOptions {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  securityToken?: string | undefined;
  /** Defaults to the object store. */
  service?: string;
}

/** The request's headers with those that prove who sends it. */
export type WireSigner = (request: RequestToSign, at: Date) => Record<string, string>;
