import { createHash } from "node:crypto";
import type { BlobStore, PutResult } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { type PartsApi, putInParts, writtenAs } from "../blobs/parts.ts";
import { dateOf } from "./errors.ts";
import type { OssPlace } from "./place.ts";

/** DeleteMultipleObjects accepts at most 1000 keys; ali-oss sends more without an error. */
const DELETE_KEYS_MAX = 1000;
/** Otherwise ali-oss guesses a type from the key's extension. */
const MIME = "application/octet-stream";

interface OssPart {
  number: number;
  etag: string;
}

export function ossWriting(place: OssPlace, partSizeBytes: number): Pick<BlobStore, "put" | "putFrom" | "delete"> {
  return {
    put: (key, body, { ifAbsent = false } = {}) => put(place, key, body, ifAbsent),
    async putFrom(key, sizeBytes, read, ready) {
      return putInParts(partsOf(place, key), { sizeBytes, partSizeBytes, read, ready, subject: place.subject(key, "putFrom") });
    },
    async delete(keys) {
      const fullKeys = keys.map(place.base.full);
      for (let start = 0; start < fullKeys.length; start += DELETE_KEYS_MAX) {
        await deleteBatch(place, fullKeys.slice(start, start + DELETE_KEYS_MAX));
      }
    },
  };
}

/** ali-oss sends the Content-MD5 of a Buffer, which OSS verifies. https://help.aliyun.com/document_detail/31978.html (PutObject) */
async function put(place: OssPlace, key: string, body: Uint8Array, ifAbsent: boolean): Promise<PutResult> {
  const fullKey = place.base.full(key);
  const subject = place.subject(key, "put");
  const headers: Record<string, string> = ifAbsent ? { "x-oss-forbid-overwrite": "true" } : {};
  const answer = await place.ask(
    "PutObject",
    subject,
    () => place.client.put(fullKey, bufferOf(body), { headers, mime: MIME }),
    body.byteLength,
  );
  return { at: dateOf(answer.res.headers, subject), ...writtenAs(answer.res.headers.etag) };
}

function partsOf(place: OssPlace, key: string): PartsApi<OssPart> {
  const { client } = place;
  const fullKey = place.base.full(key);
  const subject = place.subject(key, "putFrom");
  return {
    putWhole: (body) => put(place, key, body, false),
    begin: async () => (await place.ask("PutObject", subject, () => client.initMultipartUpload(fullKey, { mime: MIME }))).uploadId,
    async putPart(uploadId, number, body) {
      // ali-oss sends parts as streams, without a checksum.
      const headers = { "Content-MD5": createHash("md5").update(body).digest("base64") };
      const { etag } = await place.ask(
        "PutObject",
        `${subject}: part ${number}`,
        () => client.uploadPart(fullKey, uploadId, number, bufferOf(body), 0, body.byteLength, { headers }),
        body.byteLength,
      );
      return { number, etag };
    },
    async complete(uploadId, parts) {
      const { res } = await place.ask("PutObject", subject, () => client.completeMultipartUpload(fullKey, uploadId, parts));
      return writtenAs(res.headers.etag);
    },
    abort: (uploadId) => place.ask("AbortMultipartUpload", `${subject}: abort`, () => client.abortMultipartUpload(fullKey, uploadId)),
  };
}

/** OSS may omit keys that it failed to delete, so the requested keys are compared with the confirmed ones. */
async function deleteBatch(place: OssPlace, fullKeys: string[]): Promise<void> {
  const { deleted } = await place.ask("DeleteObject", place.subject("", "delete"), () =>
    place.client.deleteMulti(fullKeys, { quiet: false }),
  );
  const confirmed = new Set(deleted.map(({ Key }) => Key));
  const left = fullKeys.filter((key) => !confirmed.has(key));
  if (left.length === 0) return;
  throw new AppError("transient", `${place.url}: delete: ${left.length} of ${fullKeys.length} keys not confirmed: ${left.join(", ")}`);
}

function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
