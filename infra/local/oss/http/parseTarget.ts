import type { IncomingMessage } from "node:http";
import { notImplemented, OssError } from "./ossError.ts";

/** The target of a request, independent of the client's notation. */
export interface Target {
  method: string;
  /** As the client sent it, for error documents. */
  host: string;
  /** Percent-encoded, without the query. */
  rawPath: string;
  bucket: string | undefined;
  /** Decoded; "" when the request refers to the bucket. */
  key: string;
  /** Decoded; a name without a value has "". */
  query: ReadonlyMap<string, string>;
  /** Lower-case names; several lines joined by a comma. */
  headers: Readonly<Record<string, string>>;
  /** The same, one character per byte. */
  wireHeaders: Readonly<Record<string, string>>;
  operation: Operation;
}

export type Operation = (typeof ROUTES)[number][0];

type Level = "service" | "bucket" | "object";

/** Sub-resources that change the meaning of a request: unknown ones must never be handled as a plain PUT or GET. */
const SUBRESOURCES = (
  "acl append asyncFetch callback cname cors encryption inventory lifecycle live logging policy qos referer replication requestPayment " +
  "resourceGroup restore stat style symlink tagging transferAcceleration versionId versions vod website worm x-oss-process"
).split(" ");

/** First match wins; every name after the level must be in the query (or, with `h:`, among the headers). */
const ROUTES = [
  ["ListBuckets", "GET", "service"],
  ["GetBucketInfo", "GET", "bucket", "bucketInfo"],
  ["GetBucketVersioning", "GET", "bucket", "versioning"],
  ["GetBucketAcl", "GET", "bucket", "acl"],
  ["GetBucketLocation", "GET", "bucket", "location"],
  ["ListMultipartUploads", "GET", "bucket", "uploads"],
  ["ListObjectsV2", "GET", "bucket", "list-type"],
  ["ListObjects", "GET", "bucket"],
  ["HeadBucket", "HEAD", "bucket"],
  ["PutBucket", "PUT", "bucket"],
  ["DeleteMultipleObjects", "POST", "bucket", "delete"],
  ["UploadPartCopy", "PUT", "object", "partNumber", "uploadId", "h:x-oss-copy-source"],
  ["UploadPart", "PUT", "object", "partNumber", "uploadId"],
  ["CopyObject", "PUT", "object", "h:x-oss-copy-source"],
  ["PutObject", "PUT", "object"],
  ["ListParts", "GET", "object", "uploadId"],
  ["GetObjectAcl", "GET", "object", "acl"],
  ["GetObjectMeta", "GET", "object", "objectMeta"],
  ["GetObject", "GET", "object"],
  ["GetObjectMeta", "HEAD", "object", "objectMeta"],
  ["HeadObject", "HEAD", "object"],
  ["InitiateMultipartUpload", "POST", "object", "uploads"],
  ["CompleteMultipartUpload", "POST", "object", "uploadId"],
  ["AbortMultipartUpload", "DELETE", "object", "uploadId"],
  ["DeleteObject", "DELETE", "object"],
] as const;

/**
 * Parses bucket, key, query and operation of a request.
 * ali-oss puts the bucket in `Host` (`BUCKET.oss-REGION.aliyuncs.com`, even when it connects to an IP address) or, with `sldEnable` and
 * like S3 clients, in the path's first segment.
 */
export function parseTarget(request: IncomingMessage): Target {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const host = request.headers.host ?? "";
  const path = decode(rawPath).replace(/^\//, "");
  const { bucket, key } = splitPath(path, bucketOfHost(host));
  const method = request.method ?? "GET";
  const query = parseQuery(mark < 0 ? "" : url.slice(mark + 1));
  const wireHeaders = flatHeaders(request);
  const headers = Object.fromEntries(Object.entries(wireHeaders).map(([name, value]) => [name, utf8(value)]));
  const level = bucket === undefined ? "service" : key === "" ? "bucket" : "object";
  return { method, host, rawPath, bucket, key, query, headers, wireHeaders, operation: operationOf(method, level, query, headers) };
}

function operationOf(
  method: string,
  level: Level,
  query: ReadonlyMap<string, string>,
  headers: Readonly<Record<string, string>>,
): Operation {
  const isSent = (name: string): boolean => headers[name] !== undefined || headers[name.replace(/^x-oss-/, "x-amz-")] !== undefined;
  const present = (name: string): boolean => (name.startsWith("h:") ? isSent(name.slice(2)) : query.has(name));
  const route = ROUTES.find(([, verb, at, ...needs]) => verb === method && at === level && needs.every(present));
  const asked = SUBRESOURCES.find((name) => query.has(name));
  const understood = asked === undefined || (route?.slice(3) as readonly string[] | undefined)?.includes(asked) === true;
  if (route === undefined || !understood) throw notImplemented(`${method} ${level}${asked === undefined ? "" : ` ?${asked}`}`);
  return route[0];
}

function splitPath(path: string, hostBucket: string | undefined): { bucket: string | undefined; key: string } {
  if (hostBucket !== undefined) return { bucket: hostBucket, key: path };
  const slash = path.indexOf("/");
  const bucket = slash < 0 ? path : path.slice(0, slash);
  return { bucket: bucket === "" ? undefined : bucket, key: slash < 0 ? "" : path.slice(slash + 1) };
}

function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const bucket = /^([^.]+)\.(?:[^.]+\.aliyuncs\.com|localhost)$/.exec(name)?.[1];
  // Without a bucket ali-oss writes the word "undefined" before the region when it connects to an IP address.
  return bucket === "undefined" ? undefined : bucket;
}

function parseQuery(text: string): Map<string, string> {
  const pairs = text.split("&").filter((pair) => pair !== "");
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " "))];
    }),
  );
}

function flatHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, (Array.isArray(value) ? value.join(",") : (value ?? "")).trim()]),
  );
}

/** Node decodes header bytes as Latin-1; clients that write UTF-8 there sign the text, not the bytes. */
function utf8(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value;
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\ufffd") ? value : text;
}

/** Errors: `InvalidURI`. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new OssError(400, "InvalidURI", "Couldn't parse the specified URI: its percent-encoding is not UTF-8.");
  }
}
