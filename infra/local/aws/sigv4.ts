import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { SignedRequest } from "../servers/signedRequest.ts";

export interface SigningKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface Scope {
  region: string;
  service: string;
}

/** Amazon accepts a clock difference of five minutes. */
const CLOCK_SKEW_MS_MAX = 5 * 60 * 1000;
const ALGORITHM = "AWS4-HMAC-SHA256";
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/**
 * What Amazon says about a signature that is wrong, with 403; `undefined` when it is right. The texts are those of public reports. A verifier of
 * AWS Signature Version 4 of its own, which shares no code with the signer that it checks:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function sigv4Fault(request: SignedRequest, keys: SigningKeys, scope: Scope, now: number): string | undefined {
  const header = (name: string) => String(request.headers[name] ?? "").trim();
  const [, keyId, day = "", region, service, names = "", signature = ""] = AUTHORIZATION.exec(header("authorization")) ?? [];
  if (keyId === undefined) return "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.";
  if (keyId !== keys.accessKeyId || header("x-amz-security-token") !== (keys.sessionToken ?? ""))
    return "The security token included in the request is invalid.";
  if (region !== scope.region) return `Credential should be scoped to a valid region, not '${region}'. `;
  if (service !== scope.service) return `Credential should be scoped to correct service: '${scope.service}'. `;
  const signed = names.split(";");
  const mustSign = ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))];
  const unsigned = mustSign.find((name) => !signed.includes(name));
  if (unsigned !== undefined) return `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`;
  const date = header("x-amz-date");
  const at = timeOf(date);
  if (at === undefined || !date.startsWith(day))
    return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP";
  if (Math.abs(now - at) > CLOCK_SKEW_MS_MAX)
    return `Signature ${at < now ? "expired" : "not yet current"}: ${date} is not within 5 min. of now`;
  const bodyHash = sha256(request.body);
  const wanted = readingsOf(request.url).map((target) => canonicalOf(request, { target, signed, bodyHash, header }));
  const isRight = wanted.every((canonical) => isEqual(signatureOf(canonical, { keys, scope, date }), signature));
  if (isRight && [bodyHash, ""].includes(header("x-amz-content-sha256"))) return undefined;
  return `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'${wanted[0]}'\n`;
}

/**
 * The paths that Amazon may sign for this one: reports contradict each other on whether an encoded `$`, `&`, `+` or `,` is decoded before the
 * path is encoded (smarty-archives/go-aws-auth#28 against bcuff/elasticsearch-net-aws#10). A signature has to be right for both.
 */
function readingsOf(url: string): string[] {
  const decoded = url.replace(/^[^?]*/, (path) => path.replace(/%(?:24|26|2B|2C)/gi, decodeURIComponent));
  return [...new Set([url, decoded])];
}

interface Parts {
  target: string;
  signed: readonly string[];
  bodyHash: string;
  header: (name: string) => string;
}

function canonicalOf({ method }: SignedRequest, { target, signed, bodyHash, header }: Parts): string {
  const [path = "", query = ""] = target.split("?", 2);
  const headers = signed.map((name) => `${name}:${header(name).replace(/\s+/g, " ")}\n`).join("");
  return [method, path.split("/").map(strict).join("/"), queryOf(query), headers, signed.join(";"), bodyHash].join("\n");
}

function queryOf(query: string): string {
  const pairs = query === "" ? [] : query.split("&").map((pair) => pair.split(/=(.*)/s).slice(0, 2).map(plain).map(strict));
  return pairs
    .map(([name = "", value = ""]) => `${name}=${value}`)
    .sort()
    .join("&");
}

function plain(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

/** RFC 3986: everything but unreserved characters. */
function strict(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

interface Signing {
  keys: SigningKeys;
  scope: Scope;
  date: string;
}

export function signatureOf(canonical: string, { keys, scope, date }: Signing): string {
  const day = date.slice(0, 8);
  const key = [day, scope.region, scope.service, "aws4_request"].reduce<Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    Buffer.from(`AWS4${keys.secretAccessKey}`),
  );
  const toSign = [ALGORITHM, date, `${day}/${scope.region}/${scope.service}/aws4_request`, sha256(canonical)].join("\n");
  return createHmac("sha256", key).update(toSign).digest("hex");
}

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function timeOf(date: string): number | undefined {
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, "$1-$2-$3:$4:$5"));
  return Number.isNaN(at) ? undefined : at;
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
