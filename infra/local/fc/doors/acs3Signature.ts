import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { isAllowed, type PolicyToEnforce, type RamRequest } from "../../ram/decide.ts";
import type { SignedRequest } from "../../servers/signedRequest.ts";
import { encodingFault } from "./encodingFault.ts";

/** The platform accepts a clock difference of fifteen minutes in either direction. */
const CLOCK_SKEW_MS_MAX = 15 * 60 * 1000;
const ALGORITHM = "ACS3-HMAC-SHA256";
const AUTHORIZATION = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/;

/** What a request must sign beside its method, path and query; headers that begin with x-acs- are signed wherever they are sent. */
interface Scheme {
  required: readonly string[];
  /** Whether a request may leave out the hash of its body, and so leave its body unsigned. */
  bodyMayBeUnsigned: boolean;
}

/** https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature */
export const API_SCHEME: Scheme = {
  required: ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"],
  bodyMayBeUnsigned: false,
};

/**
 * HTTP triggers with `authType: function`: the examples of
 * https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/configure-signature-authentication-for-http-triggers sign
 * x-acs-date and x-acs-security-token (empty without one), and an empty text in place of the body's hash.
 */
export const TRIGGER_SCHEME: Scheme = { required: ["x-acs-date"], bodyMayBeUnsigned: true };

export interface SigningKeys {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string | undefined;
  /** Without any the key may do everything. */
  policies?: readonly PolicyToEnforce[] | undefined;
}

/** A key without policies may do everything. */
export function mayDo({ policies }: SigningKeys, request: RamRequest): boolean {
  return policies === undefined || isAllowed(policies, request);
}

/** A function as policies name it: https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/policies-and-sample-policies */
export function functionResource({ region, accountId }: { region: string; accountId: string }, name: string): string {
  return `acs:fc:${region}:${accountId}:functions/${name}`;
}

/** Those of the request; of unknown ones the first, whose check then fails. */
export function keysOf({ headers }: Pick<SignedRequest, "headers">, accepted: SigningKeys | readonly SigningKeys[]): SigningKeys {
  const known = [accepted].flat();
  const own = known.find(({ accessKeyId }) => String(headers.authorization).includes(`Credential=${accessKeyId},`)) ?? known[0];
  if (own === undefined) throw new Error("no key is accepted");
  return own;
}

export interface SignatureFault {
  statusCode: number;
  code: string;
  message: string;
}

/** Verifies the V3 signature of Alibaba Cloud; `undefined` when it is valid. Error codes are those of Function Compute's list where it has one. */
export function acs3Fault(request: SignedRequest, keys: SigningKeys, now: number, scheme: Scheme): SignatureFault | undefined {
  const encoding = encodingFault(request.url);
  if (encoding !== undefined) return { statusCode: 400, code: "InvalidArgument", message: encoding };
  const header = (name: string) => String(request.headers[name] ?? "").trim();
  const [, credential, signedNames, signature] = AUTHORIZATION.exec(header("authorization")) ?? [];
  if (credential === undefined || signedNames === undefined || signature === undefined) {
    return { statusCode: 400, code: "MissingRequiredHeader", message: `the Authorization header must be an ${ALGORITHM} one` };
  }
  const signed = signedNames.split(";");
  const mustSign = new Set([...scheme.required, ...Object.keys(request.headers).filter((name) => name.startsWith("x-acs-"))]);
  const unsigned = [...mustSign].filter((name) => !signed.includes(name) || (scheme.required.includes(name) && header(name) === ""));
  if (unsigned.length > 0)
    return { statusCode: 400, code: "MissingRequiredHeader", message: `required HTTP header ${unsigned[0]} was not specified` };
  if (credential !== keys.accessKeyId)
    return { statusCode: 403, code: "InvalidAccessKeyID", message: `invalid access key ID '${credential}'` };
  if (header("x-acs-security-token") !== (keys.securityToken ?? "")) {
    return { statusCode: 403, code: "InvalidSecurityToken", message: "the security token is not the one of this access key" };
  }
  const skewMs = Math.abs(now - Date.parse(header("x-acs-date")));
  if (!(skewMs <= CLOCK_SKEW_MS_MAX))
    return { statusCode: 403, code: "RequestTimeTooSkewed", message: "x-acs-date is more than 15 minutes off" };
  const said = header("x-acs-content-sha256");
  const bodyHash = scheme.bodyMayBeUnsigned && said === "" ? "" : createHash("sha256").update(request.body).digest("hex");
  const expected = createHmac("sha256", keys.accessKeySecret)
    .update(stringToSign(request, signed, bodyHash, header))
    .digest();
  if (said === bodyHash && timingSafeEqual(expected, Buffer.from(signature, "hex"))) return undefined;
  return {
    statusCode: 403,
    code: "SignatureNotMatch",
    message: "The request signature we calculated does not match the signature you provided",
  };
}

function stringToSign(request: SignedRequest, signed: readonly string[], bodyHash: string, header: (name: string) => string): string {
  const mark = request.url.indexOf("?");
  const path = mark < 0 ? request.url : request.url.slice(0, mark);
  const canonical = [
    request.method,
    path
      .split("/")
      .map((part) => encode(decodeURIComponent(part)))
      .join("/"),
    canonicalQuery(mark < 0 ? "" : request.url.slice(mark + 1)),
    ...signed.map((name) => `${name}:${header(name)}`),
    "",
    signed.join(";"),
    bodyHash,
  ].join("\n");
  return `${ALGORITHM}\n${createHash("sha256").update(canonical).digest("hex")}`;
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.sort().join("&");
}

/** RFC 3986: `encodeURIComponent` leaves five more characters unencoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
