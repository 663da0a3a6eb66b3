import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { BlobInfo, BlobStore, ByteRange, ListOptions } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { outsideTime } from "../../model/restoredName.ts";
import { noListing, pageWalk } from "../blobs/answers.ts";
import { collect, emptyBody, guardedBody, isEmptyRange, rangeHeader, sliceBody } from "../blobs/body.ts";
import { dateOf } from "../oss/errors.ts";
import { type Comparison, comparison } from "./comparison.ts";
import { type ListedBlob, readPage } from "./listing.ts";
import type { WirePlace } from "./place.ts";
import { wholeBody } from "./wholeBody.ts";

/** The maximum page size of ListObjectsV2; that of OSS is 100 otherwise. */
const PAGE_KEYS = "1000";

export type WireReading = Pick<BlobStore, "list" | "head" | "get" | "open">;

export function wireReading(place: WirePlace): WireReading {
  const compared = comparison(place.dialect);
  return {
    list: (prefix, options = {}) => list(place, prefix, options),
    head: (key) => head(place, key),
    get: (key, range) => (range === undefined ? getWhole(place, key, compared) : getRange(place, key, range)),
    open: (key, range) => openBody(place, key, range),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and https://help.aliyun.com/document_detail/187544.html */
async function* list(place: WirePlace, prefix: string, { startAfter, onDate }: ListOptions): AsyncGenerator<BlobInfo, void, undefined> {
  const { base, dialect } = place;
  const subject = place.subject(prefix, "list");
  const query: [string, string][] = [
    ["list-type", "2"],
    ["max-keys", PAGE_KEYS],
  ];
  if (base.prefix(prefix) !== "") query.push(["prefix", base.prefix(prefix)]);
  if (startAfter !== undefined && startAfter !== "") query.push(["start-after", base.prefix(startAfter)]);
  const next = pageWalk(subject);
  for (let token: string | undefined; ; ) {
    const more: [string, string][] = token === undefined ? [] : [["continuation-token", token]];
    const { text, headers } = await place.askText("ListObjects", subject, { method: "GET", key: "", query: [...query, ...more] });
    const page = readPage(text);
    if (page === undefined) throw noListing(subject, dialect.service);
    onDate?.(dateOf(headers as Record<string, string | undefined>, subject));
    for (const blob of page.blobs) {
      const key = base.relative(blob.fullKey);
      if (key !== undefined) yield listedInfo(key, blob, subject);
    }
    token = next({ lastKey: page.blobs.at(-1)?.fullKey, isTruncated: page.isTruncated, token: page.token });
    if (token === undefined) return;
  }
}

async function head(place: WirePlace, key: string): Promise<BlobInfo | undefined> {
  const subject = place.subject(key, "head");
  const answer = await place.askOfKey(subject, { method: "HEAD", key: place.base.full(key) });
  if (answer === undefined || answer === "past the end") return undefined;
  answer.resume();
  const { "content-length": size, "last-modified": modified, etag } = answer.headers;
  return listedInfo(key, { size, modified, etag }, subject);
}

/** A whole blob, compared with what the store says of it; read again once where it differs. */
async function getWhole(place: WirePlace, key: string, compared: Comparison): Promise<Uint8Array | undefined> {
  const subject = place.subject(key, "get");
  const once = async () => {
    const answer = await place.askOfKey(subject, { method: "GET", key: place.base.full(key) });
    if (answer === undefined || answer === "past the end") return undefined;
    return { bytes: await bodyOf(place, answer, subject), headers: answer.headers };
  };
  const first = await once();
  if (first === undefined || compared.isSame(first)) return first?.bytes;
  const second = await once();
  if (second === undefined || compared.isSame(second)) return second?.bytes;
  const wrong = compared.difference(first, second);
  if (wrong === undefined) return second.bytes;
  throw new AppError("permanent", `${subject}: ${wrong}, twice; something between the store and this process changes it, or its disk does`);
}

async function bodyOf(place: WirePlace, answer: IncomingMessage, subject: string): Promise<Uint8Array> {
  const { idleTimeoutMs } = place;
  const sizeBytes = lengthOf(place, answer.headers, subject);
  if (sizeBytes !== undefined) return wholeBody({ body: answer, sizeBytes, idleTimeoutMs, subject });
  return collect(guardedBody({ body: answer, sizeBytes, idleTimeoutMs, subject }), subject);
}

async function getRange(place: WirePlace, key: string, range: ByteRange): Promise<Uint8Array | undefined> {
  const body = await openBody(place, key, range);
  return body && collect(body, place.subject(key, "get"));
}

async function openBody(place: WirePlace, key: string, range: ByteRange | undefined): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { idleTimeoutMs, dialect } = place;
  const subject = place.subject(key, "get");
  const fullKey = place.base.full(key);
  if (range !== undefined && isEmptyRange(range, subject)) return (await head(place, key)) && emptyBody();
  const headers = range === undefined ? {} : { range: rangeHeader(range), ...dialect.rangeHeaders };
  const answer = await place.askOfKey(subject, { method: "GET", key: fullKey, headers });
  if (answer === undefined || answer === "past the end") return answer && emptyBody();
  // Not by the status: rclone answers a range with 200.
  const isWhole = range !== undefined && answer.headers["content-range"] === undefined;
  const mostBytes = range === undefined || isWhole ? undefined : range.end - range.start;
  const sizeBytes = lengthOf(place, answer.headers, subject);
  const body = guardedBody({ body: answer, sizeBytes, mostBytes, idleTimeoutMs, subject });
  return isWhole ? sliceBody(body, range) : body;
}

function lengthOf({ dialect }: WirePlace, headers: IncomingHttpHeaders, subject: string): number | undefined {
  const { "content-length": length } = headers;
  if (length !== undefined && /^\d+$/.test(length)) return Number(length);
  if (!dialect.announcesSize) return undefined;
  throw new AppError("transient", `${subject}: the answer does not say how long the blob is`);
}

function listedInfo(key: string, { size, modified, etag }: Omit<ListedBlob, "fullKey">, subject: string): BlobInfo {
  if (size === undefined || !/^\d+$/.test(size)) throw new AppError("transient", `${subject}: the answer does not say how long ${key} is`);
  const lastModified = outsideTime(Date.parse(modified ?? ""));
  return {
    key,
    sizeBytes: Number(size),
    ...(lastModified !== undefined && { lastModified }),
    ...(etag !== undefined && { etag: etag.replaceAll('"', "") }),
  };
}
