import type { BlobInfo, BlobStore, ByteRange, ListOptions } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { outsideTime } from "../../model/restoredName.ts";
import { noListing, pageWalk } from "../blobs/answers.ts";
import { collect, emptyBody, guardedBody, isEmptyRange, rangeHeader, sliceBody } from "../blobs/body.ts";
import { dateOf, ossAnswerOf } from "./errors.ts";
import type { OssPlace } from "./place.ts";

/** The maximum page size of ListObjectsV2; the default is 100. */
const PAGE_KEYS = "1000";

export function ossReading(place: OssPlace, idleTimeoutMs: number): Pick<BlobStore, "list" | "head" | "get" | "open"> {
  const open = (key: string, range?: ByteRange) => openBody(place, key, range, idleTimeoutMs);
  return {
    list: (prefix, options = {}) => list(place, prefix, options),
    head: (key) => head(place, key),
    async get(key, range) {
      const body = await open(key, range);
      return body && collect(body, place.subject(key, "get"));
    },
    open,
  };
}

/** https://help.aliyun.com/document_detail/187544.html (ListObjectsV2) */
async function* list(place: OssPlace, prefix: string, { startAfter, onDate }: ListOptions): AsyncGenerator<BlobInfo, void, undefined> {
  const { client, base } = place;
  const subject = place.subject(prefix, "list");
  const query: Record<string, string> = { "max-keys": PAGE_KEYS };
  if (base.prefix(prefix) !== "") query.prefix = base.prefix(prefix);
  if (startAfter !== undefined && startAfter !== "") query["start-after"] = base.prefix(startAfter);
  const next = pageWalk(subject);
  for (let token: string | undefined; ; ) {
    const page = await place.ask("ListObjects", subject, () =>
      client.listV2({ ...query, ...(token !== undefined && { "continuation-token": token }) }),
    );
    if (Number.isNaN(page.keyCount)) throw noListing(subject, "OSS");
    onDate?.(dateOf(page.res.headers, subject));
    for (const object of page.objects ?? []) {
      const key = base.relative(object.name);
      if (key !== undefined) yield infoOf(key, object.size, object.lastModified, object.etag);
    }
    token = next({ lastKey: page.objects?.at(-1)?.name, isTruncated: page.isTruncated, token: page.nextContinuationToken ?? undefined });
    if (token === undefined) return;
  }
}

async function head(place: OssPlace, key: string): Promise<BlobInfo | undefined> {
  const fullKey = place.base.full(key);
  const subject = place.subject(key, "head");
  const answer = await place.askOfKey(fullKey, subject, () => place.client.head(fullKey));
  if (answer === undefined) return undefined;
  const { headers } = answer.res;
  return infoOf(key, lengthOf(headers, subject), headers["last-modified"], headers.etag);
}

async function openBody(
  place: OssPlace,
  key: string,
  range: ByteRange | undefined,
  idleTimeoutMs: number,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const fullKey = place.base.full(key);
  const subject = place.subject(key, "get");
  if (range !== undefined && isEmptyRange(range, subject)) return (await head(place, key)) && emptyBody();
  // Without `standard` OSS answers a range past the end with the whole blob.
  const headers = range === undefined ? {} : { Range: rangeHeader(range), "x-oss-range-behavior": "standard" };
  const answer = await place.askOfKey(fullKey, subject, () => pastTheEnd(place.client.getStream(fullKey, { headers })));
  if (answer === undefined || answer === "past the end") return answer && emptyBody();
  const isWhole = range !== undefined && answer.res.status === 200;
  const mostBytes = range === undefined || isWhole ? undefined : range.end - range.start;
  const body = guardedBody({ body: answer.stream, sizeBytes: lengthOf(answer.res.headers, subject), mostBytes, idleTimeoutMs, subject });
  return isWhole ? sliceBody(body, range) : body;
}

/** A range that starts at or after the end is rejected with 416. */
async function pastTheEnd<T>(answer: Promise<T>): Promise<T | "past the end"> {
  try {
    return await answer;
  } catch (error) {
    if (ossAnswerOf(error).status === 416) return "past the end";
    throw error;
  }
}

function lengthOf(headers: Readonly<Record<string, string | undefined>>, subject: string): number {
  const length = headers["content-length"];
  if (length === undefined || !/^\d+$/.test(length))
    throw new AppError("transient", `${subject}: the answer does not say how long the blob is`);
  return Number(length);
}

function infoOf(key: string, sizeBytes: number, modified: string | undefined, etag: string | undefined): BlobInfo {
  const lastModified = outsideTime(Date.parse(modified ?? ""));
  return {
    key,
    sizeBytes,
    ...(lastModified !== undefined && { lastModified }),
    ...(etag !== undefined && { etag: etag.replaceAll('"', "") }),
  };
}
