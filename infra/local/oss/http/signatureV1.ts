import { createHmac } from "node:crypto";
import type { Claim } from "./claim.ts";
import { OssError } from "./ossError.ts";
import type { Target } from "./parseTarget.ts";

/** Query parameters included in the V1 signature; all others (`prefix`, `max-keys`, `list-type`) are excluded. */
const SIGNED_PARAMETERS = new Set(
  (
    "acl append bucketInfo callback callback-var cname comp continuation-token cors delete encryption endTime img inventory inventoryId " +
    "lifecycle live location logging objectMeta partNumber policy position qos referer replication replicationLocation " +
    "replicationProgress requestPayment response-cache-control response-content-disposition response-content-encoding " +
    "response-content-language response-content-type response-expires restore security-token sequential startTime stat status style " +
    "styleName symlink tagging transferAcceleration udf uploadId uploads versionId versioning versions vod website worm wormExtend wormId " +
    "x-oss-process x-oss-request-payer x-oss-traffic-limit"
  ).split(" "),
);

/** `Authorization: OSS AccessKeyId:Signature`, HMAC-SHA1 (https://help.aliyun.com/document_detail/31951.html). */
export function claimOfV1Header(target: Target): Claim {
  const match = /^OSS ([^:]+):(.+)$/.exec(target.headers.authorization ?? "");
  if (match === null) throw new OssError(403, "AccessDenied", "The Authorization header is not of the form OSS AccessKeyId:Signature.");
  const date = target.headers["x-oss-date"] ?? target.headers.date ?? "";
  return {
    accessKeyId: match[1] as string,
    token: target.headers["x-oss-security-token"],
    at: new Date(date),
    given: match[2] as string,
    sign: (secret) => hmacSha1(secret, stringToSign(target, date)),
  };
}

/** `?OSSAccessKeyId=…&Expires=SECONDS&Signature=…` */
export function claimOfV1Query(target: Target): Claim {
  const expires = target.query.get("Expires") ?? "";
  return {
    accessKeyId: target.query.get("OSSAccessKeyId") ?? "",
    token: target.query.get("security-token"),
    expiresAt: new Date(Number(expires) * 1000),
    given: target.query.get("Signature") ?? "",
    sign: (secret) => hmacSha1(secret, stringToSign(target, expires)),
  };
}

function stringToSign(target: Target, date: string): string {
  const headers = Object.entries(target.headers)
    .filter(([name]) => name.startsWith("x-oss-"))
    .sort(byName)
    .map(([name, value]) => `${name}:${value}`);
  const parameters = [...target.query]
    .filter(([name]) => SIGNED_PARAMETERS.has(name))
    .sort(byName)
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  const resource = target.bucket === undefined ? "/" : `/${target.bucket}/${target.key}`;
  return [
    target.method,
    target.headers["content-md5"] ?? "",
    target.headers["content-type"] ?? "",
    date,
    ...headers,
    parameters.length === 0 ? resource : `${resource}?${parameters.join("&")}`,
  ].join("\n");
}

/** Sorts by name only: sorting whole lines would put `x-oss-copy-source-range` before `x-oss-copy-source`. */
function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}

function hmacSha1(secret: string, text: string): string {
  return createHmac("sha1", secret).update(text).digest("base64");
}
