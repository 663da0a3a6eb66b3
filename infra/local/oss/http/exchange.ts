import type { IncomingMessage } from "node:http";
import type { FaultBook } from "../faults.ts";
import type { ObjectInfo } from "../store/objectInfo.ts";
import type { ObjectStore, OpenFile } from "../store/objectStore.ts";
import type { UploadStore } from "../store/uploadStore.ts";
import type { Dialect } from "./authenticate.ts";
import type { Require } from "./authorize.ts";
import { invalidArgument } from "./ossError.ts";
import type { Target } from "./parseTarget.ts";
import { percentEncode } from "./signatureV4.ts";
import type { XmlElements } from "./xml.ts";

/** The parts of the server that the operations use. */
export interface OssContext {
  store: ObjectStore;
  uploads: UploadStore;
  faults: FaultBook;
  /** `cn-hangzhou` */
  region: string;
  accountId: string;
  isVersioned(bucket: string): boolean;
}

/** One authenticated request. */
export interface Exchange extends OssContext {
  target: Target;
  /** "" for requests without a bucket. */
  bucket: string;
  dialect: Dialect;
  /** Of what only the body or a header names. */
  require: Require;
  requestId: string;
  body: IncomingMessage;
}

/** A new object, reported by events. */
export interface CreatedObject {
  bucket: string;
  key: string;
  /** Without `oss:`. */
  eventName: "ObjectCreated:PutObject" | "ObjectCreated:CompleteMultipartUpload" | "ObjectCreated:CopyObject";
  etag: string;
  sizeBytes: number;
  previousSizeBytes: number;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  xml?: string;
  /** A part of an open file; the sender of the answer closes it. */
  content?: { file: OpenFile; start: number; sizeBytes: number };
  created?: CreatedObject;
}

export function ownerElement(accountId: string): XmlElements {
  return { ID: accountId, DisplayName: accountId };
}

/** OSS uses whole seconds with `.000Z`; its Python library accepts no other format. */
export function xmlTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}.000Z`;
}

/** With `encoding-type=url` every key in an answer is percent-encoded, a space as `%20`. */
export function keyEncoder(target: Target): (key: string) => string {
  const type = target.query.get("encoding-type");
  if (type !== undefined && type !== "url") throw invalidArgument(`Invalid Encoding Method specified in Request: ${type}`);
  return type === "url" ? percentEncode : (key) => key;
}

/** An integer from the query or a header, or its default. */
export function wholeNumber(name: string, value: string | undefined, limits: { otherwise: number; min: number; max: number }): number {
  if (value === undefined || value === "") return limits.otherwise;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= limits.min && number <= limits.max) return number;
  throw invalidArgument(`Argument ${name} must be an integer between ${limits.min} and ${limits.max}, not ${value}.`);
}

/** The headers that describe an object, whole or in part. */
export function objectHeaders(info: ObjectInfo, dialect: Dialect): Record<string, string> {
  const metaPrefix = dialect === "s3" ? "x-amz-meta-" : "x-oss-meta-";
  return {
    "Content-Type": info.contentType,
    "Accept-Ranges": "bytes",
    ETag: `"${info.etag}"`,
    "Last-Modified": info.lastModified.toUTCString(),
    "x-oss-object-type": info.type,
    "x-oss-storage-class": "Standard",
    "x-oss-hash-crc64ecma": info.crc64,
    ...Object.fromEntries(Object.entries(info.meta).map(([name, value]) => [metaPrefix + name, value])),
  };
}

/** Content type and metadata of a request that creates an object, as the bytes that were sent: OSS returns them unchanged. */
export function describedBy({ wireHeaders }: Target): { contentType: string | undefined; meta: Record<string, string> } {
  const meta = Object.entries(wireHeaders).flatMap(([name, value]) => {
    const own = /^x-(?:oss|amz)-meta-(.+)$/.exec(name)?.[1];
    return own === undefined ? [] : [[own, value] as const];
  });
  return { contentType: wireHeaders["content-type"], meta: Object.fromEntries(meta) };
}

/** `x-oss-forbid-overwrite`, which OSS silently ignores on a versioned bucket. */
export function isExclusive({ target, bucket, isVersioned }: Exchange): boolean {
  return target.headers["x-oss-forbid-overwrite"]?.toLowerCase() === "true" && !isVersioned(bucket);
}

/** Only versioned buckets return a version for a write. */
export function versionHeaders({ bucket, isVersioned, requestId }: Exchange): Record<string, string> {
  return isVersioned(bucket) ? { "x-oss-version-id": `CAEQ${requestId}` } : {};
}
