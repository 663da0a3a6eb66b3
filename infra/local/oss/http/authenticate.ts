import { timingSafeEqual } from "node:crypto";
import type { PolicyToEnforce } from "../../ram/decide.ts";
import type { Claim } from "./claim.ts";
import { invalidArgument, OssError } from "./ossError.ts";
import type { Target } from "./parseTarget.ts";
import { claimOfV1Header, claimOfV1Query } from "./signatureV1.ts";
import { claimOfS3Header, claimOfS3Query, claimOfV4Header, claimOfV4Query } from "./signatureV4.ts";

export interface OssCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Set for temporary (STS) keys: every request must then carry exactly this token. */
  securityToken?: string | undefined;
  /** Without any the key may do everything. */
  policies?: readonly PolicyToEnforce[] | undefined;
}

/** Who sends the request, and how it is spoken. */
export interface Caller {
  dialect: Dialect;
  policies: OssCredentials["policies"];
}

/** The client's protocol: determines header names and the meaning of a range past the end. */
export type Dialect = "oss" | "s3";

/** OSS rejects requests with a larger clock difference. */
const SKEW_MAX_MS = 15 * 60_000;

/** Verifies the request's signature; throws the {@link OssError} with which OSS answers. `credentials` is read on every call. */
export function authenticate(target: Target, options: { credentials: readonly OssCredentials[]; region: string; now: Date }): Caller {
  const { claim, dialect } = claimOf(target);
  const known = options.credentials.find((one) => one.accessKeyId === claim.accessKeyId);
  if (known === undefined || (known.securityToken !== undefined && claim.token === undefined)) {
    throw new OssError(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.");
  }
  checkTime(claim, options.now);
  if (claim.region !== undefined && claim.region !== options.region) {
    throw invalidArgument(`Invalid signing region in Authorization header: ${claim.region} instead of ${options.region}.`);
  }
  if (!equal(claim.sign(known.secretAccessKey), claim.given)) {
    const message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
    throw new OssError(403, "SignatureDoesNotMatch", message);
  }
  if (claim.token !== known.securityToken) throw new OssError(403, "InvalidSecurityToken", "The security token you provided is invalid.");
  return { dialect, policies: known.policies };
}

function claimOf(target: Target): { claim: Claim; dialect: Dialect } {
  const authorization = target.headers.authorization ?? "";
  if (authorization.startsWith("OSS4-HMAC-SHA256 ")) return { claim: claimOfV4Header(target), dialect: "oss" };
  if (authorization.startsWith("OSS ")) return { claim: claimOfV1Header(target), dialect: "oss" };
  if (authorization.startsWith("AWS4-HMAC-SHA256 ")) return { claim: claimOfS3Header(target), dialect: "s3" };
  if (target.query.has("x-oss-signature")) return { claim: claimOfV4Query(target), dialect: "oss" };
  if (target.query.has("OSSAccessKeyId")) return { claim: claimOfV1Query(target), dialect: "oss" };
  if (target.query.has("X-Amz-Signature")) return { claim: claimOfS3Query(target), dialect: "s3" };
  throw new OssError(403, "AccessDenied", "You have no right to access this object because of bucket acl.");
}

function checkTime(claim: Claim, now: Date): void {
  const time = (claim.at ?? claim.expiresAt)?.getTime() ?? Number.NaN;
  if (Number.isNaN(time)) throw new OssError(403, "AccessDenied", "OSS authentication requires a valid Date.");
  if (claim.at !== undefined && Math.abs(now.getTime() - time) > SKEW_MAX_MS) {
    const message = "The difference between the request time and the current time is too large.";
    throw new OssError(403, "RequestTimeTooSkewed", message);
  }
  if (claim.expiresAt !== undefined && time < now.getTime()) throw new OssError(403, "AccessDenied", "Request has expired.");
}

function equal(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
