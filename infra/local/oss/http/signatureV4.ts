import { createHash, createHmac } from "node:crypto";
import type { Claim } from "./claim.ts";
import { OssError } from "./ossError.ts";
import type { Target } from "./parseTarget.ts";

const ALWAYS_SIGNED = ["content-type", "content-md5"];

interface Credential {
  accessKeyId: string;
  /** `DATE/REGION/SERVICE/TERMINATOR` */
  scope: string;
  region: string;
  /** The secret is passed through HMAC with each of these in turn. */
  scopeParts: readonly string[];
}

/** `OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=…,Signature=…` (https://help.aliyun.com/document_detail/2362869.html). */
export function claimOfV4Header(target: Target): Claim {
  const fields = authorizationFields(target.headers.authorization ?? "");
  const time = target.headers["x-oss-date"] ?? "";
  return {
    ...ossClaim(target, fields.get("Credential"), fields.get("AdditionalHeaders"), time),
    token: target.headers["x-oss-security-token"],
    at: parseTime(time),
    given: fields.get("Signature") ?? "",
  };
}

/** The same signature in the query: `x-oss-credential`, `x-oss-date`, `x-oss-expires`, `x-oss-signature`. */
export function claimOfV4Query(target: Target): Claim {
  const time = target.query.get("x-oss-date") ?? "";
  return {
    ...ossClaim(target, target.query.get("x-oss-credential"), target.query.get("x-oss-additional-headers"), time),
    token: target.query.get("x-oss-security-token"),
    expiresAt: new Date(parseTime(time).getTime() + Number(target.query.get("x-oss-expires")) * 1000),
    given: target.query.get("x-oss-signature") ?? "",
  };
}

/** AWS SigV4 in the header, as S3 clients sign; OSS accepts it too. */
export function claimOfS3Header(target: Target): Claim {
  const fields = authorizationFields(target.headers.authorization ?? "");
  const time = target.headers["x-amz-date"] ?? "";
  const payload = target.headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD";
  return {
    ...s3Claim(target, fields.get("Credential"), fields.get("SignedHeaders"), time, payload),
    token: target.headers["x-amz-security-token"],
    at: parseTime(time),
    given: fields.get("Signature") ?? "",
  };
}

/** A presigned S3 URL. */
export function claimOfS3Query(target: Target): Claim {
  const time = target.query.get("X-Amz-Date") ?? "";
  const names = target.query.get("X-Amz-SignedHeaders");
  return {
    ...s3Claim(target, target.query.get("X-Amz-Credential"), names, time, "UNSIGNED-PAYLOAD"),
    token: target.query.get("X-Amz-Security-Token"),
    expiresAt: new Date(parseTime(time).getTime() + Number(target.query.get("X-Amz-Expires")) * 1000),
    given: target.query.get("X-Amz-Signature") ?? "",
  };
}

function ossClaim(target: Target, rawCredential: string | undefined, additional: string | undefined, time: string) {
  const credential = parseCredential(rawCredential, "aliyun_v4_request");
  const extra = additional === undefined || additional === "" ? [] : additional.split(";");
  const signedHeaders = Object.keys(target.headers)
    .filter((name) => ALWAYS_SIGNED.includes(name) || name.startsWith("x-oss-") || extra.includes(name))
    .sort();
  const resource = target.bucket === undefined ? "/" : `/${target.bucket}/${target.key}`;
  const request = [
    target.method,
    encodePath(resource),
    // A parameter without a value is signed as its bare name, even when the wire format is `name=`.
    canonicalQuery(target, "x-oss-signature", (name, value) => (value === "" ? name : `${name}=${value}`)),
    signedHeaders.map((name) => `${name}:${target.headers[name]}\n`).join(""),
    extra.join(";"),
    target.headers["x-oss-content-sha256"] ?? "UNSIGNED-PAYLOAD",
  ].join("\n");
  const sign = (secret: string): string => signature(`aliyun_v4${secret}`, credential, ["OSS4-HMAC-SHA256", time], request);
  return { accessKeyId: credential.accessKeyId, region: credential.region, sign };
}

function s3Claim(target: Target, rawCredential: string | undefined, names: string | undefined, time: string, payload: string) {
  const credential = parseCredential(rawCredential, "aws4_request");
  const signedHeaders = (names ?? "").split(";");
  const request = [
    target.method,
    encodePath(decodeURIComponent(target.rawPath)),
    canonicalQuery(target, "X-Amz-Signature", (name, value) => `${name}=${value}`),
    signedHeaders.map((name) => `${name}:${(target.headers[name] ?? "").replace(/ +/g, " ")}\n`).join(""),
    signedHeaders.join(";"),
    payload,
  ].join("\n");
  const sign = (secret: string): string => signature(`AWS4${secret}`, credential, ["AWS4-HMAC-SHA256", time], request);
  return { accessKeyId: credential.accessKeyId, sign };
}

function signature(start: string, credential: Credential, head: readonly string[], request: string): string {
  const key = credential.scopeParts.reduce<string | Buffer>((secret, part) => createHmac("sha256", secret).update(part).digest(), start);
  const text = [...head, credential.scope, createHash("sha256").update(request).digest("hex")].join("\n");
  return createHmac("sha256", key).update(text).digest("hex");
}

function parseCredential(raw: string | undefined, terminator: string): Credential {
  const [accessKeyId = "", ...scopeParts] = (raw ?? "").split("/");
  if (scopeParts.length !== 4 || scopeParts[3] !== terminator) {
    throw new OssError(400, "InvalidArgument", `The credential of the signature is not of the form KEY/DATE/REGION/SERVICE/${terminator}.`);
  }
  return { accessKeyId, scope: scopeParts.join("/"), region: scopeParts[1] as string, scopeParts };
}

function authorizationFields(authorization: string): Map<string, string> {
  const fields = authorization.slice(authorization.indexOf(" ") + 1).split(",");
  return new Map(
    fields.map((field) => {
      const equals = field.indexOf("=");
      return [field.slice(0, equals).trim(), field.slice(equals + 1).trim()];
    }),
  );
}

function canonicalQuery(target: Target, without: string, join: (name: string, value: string) => string): string {
  return [...target.query]
    .filter(([name]) => name !== without)
    .map(([name, value]): [string, string] => [percentEncode(name), percentEncode(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => join(name, value))
    .join("&");
}

function encodePath(path: string): string {
  return path.split("/").map(percentEncode).join("/");
}

/** RFC 3986: everything except letters, digits and `-._~`, as required by both signatures and `encoding-type=url`. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `20261121T101500Z` */
function parseTime(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
