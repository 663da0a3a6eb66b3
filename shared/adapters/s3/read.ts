import { Readable } from "node:stream";
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { BlobInfo, BlobStore, ByteRange, ListOptions } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { outsideTime } from "../../model/restoredName.ts";
import { noListing, pageWalk } from "../blobs/answers.ts";
import { collect, emptyBody, guardedBody, isEmptyRange, rangeHeader, sliceBody } from "../blobs/body.ts";
import { dateOf } from "./client.ts";
import { s3AnswerOf } from "./errors.ts";
import type { S3Place } from "./place.ts";

export function s3Reading(place: S3Place, idleTimeoutMs: number): Pick<BlobStore, "list" | "head" | "get" | "open"> {
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

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
async function* list(place: S3Place, prefix: string, { startAfter, onDate }: ListOptions): AsyncGenerator<BlobInfo, void, undefined> {
  const { client, base } = place;
  const subject = place.subject(prefix, "list");
  const query = {
    Bucket: place.bucket,
    Prefix: base.prefix(prefix),
    ...(startAfter !== undefined && startAfter !== "" && { StartAfter: base.prefix(startAfter) }),
  };
  const next = pageWalk(subject);
  for (let token: string | undefined; ; ) {
    const page = await place.ask(subject, () =>
      client.send(new ListObjectsV2Command({ ...query, ...(token !== undefined && { ContinuationToken: token }) })),
    );
    if (page.IsTruncated === undefined && page.Name === undefined && page.KeyCount === undefined) throw noListing(subject, "S3");
    onDate?.(dateOf(page, subject));
    for (const object of page.Contents ?? []) {
      const key = base.relative(object.Key ?? "");
      if (key !== undefined) yield infoOf(key, object.Size, object.LastModified, object.ETag, subject);
    }
    token = next({ lastKey: page.Contents?.at(-1)?.Key, isTruncated: page.IsTruncated === true, token: page.NextContinuationToken });
    if (token === undefined) return;
  }
}

async function head(place: S3Place, key: string): Promise<BlobInfo | undefined> {
  const fullKey = place.base.full(key);
  const subject = place.subject(key, "head");
  const answer = await place.askOfKey(fullKey, subject, () =>
    place.client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: fullKey })),
  );
  return answer && infoOf(key, answer.ContentLength, answer.LastModified, answer.ETag, subject);
}

async function openBody(
  place: S3Place,
  key: string,
  range: ByteRange | undefined,
  idleTimeoutMs: number,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const fullKey = place.base.full(key);
  const subject = place.subject(key, "get");
  if (range !== undefined && isEmptyRange(range, subject)) return (await head(place, key)) && emptyBody();
  const command = new GetObjectCommand({ Bucket: place.bucket, Key: fullKey, ...(range !== undefined && { Range: rangeHeader(range) }) });
  const answer = await place.askOfKey(fullKey, subject, () => pastTheEnd(place.client.send(command)));
  if (answer === undefined || answer === "past the end") return answer && emptyBody();
  const isWhole = range !== undefined && answer.ContentRange === undefined;
  const mostBytes = range === undefined || isWhole ? undefined : range.end - range.start;
  const body = guardedBody({ body: bodyOf(answer, subject), sizeBytes: answer.ContentLength, mostBytes, idleTimeoutMs, subject });
  return isWhole ? sliceBody(body, range) : body;
}

/** A range that starts at or after the end is rejected with 416. */
async function pastTheEnd<T>(answer: Promise<T>): Promise<T | "past the end"> {
  try {
    return await answer;
  } catch (error) {
    if (s3AnswerOf(error).status === 416) return "past the end";
    throw error;
  }
}

function bodyOf({ Body }: GetObjectCommandOutput, subject: string): Readable {
  if (Body instanceof Readable) return Body;
  throw new AppError("transient", `${subject}: the answer has no body`);
}

function infoOf(
  key: string,
  sizeBytes: number | undefined,
  modified: Date | undefined,
  etag: string | undefined,
  subject: string,
): BlobInfo {
  if (sizeBytes === undefined) throw new AppError("transient", `${subject}: the answer does not say how long ${key} is`);
  const lastModified = outsideTime(modified?.getTime() ?? Number.NaN);
  return {
    key,
    sizeBytes,
    ...(lastModified !== undefined && { lastModified }),
    ...(etag !== undefined && { etag: etag.replaceAll('"', "") }),
  };
}
