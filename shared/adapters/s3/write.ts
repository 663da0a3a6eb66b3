import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { BlobStore, PutResult } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { type PartsApi, putInParts, writtenAs } from "../blobs/parts.ts";
import { dateOf } from "./client.ts";
import type { S3Place } from "./place.ts";
import { type Reading, settledAs } from "./settled.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html: at most 1000 keys per call. */
const DELETE_KEYS_MAX = 1000;

interface S3Part {
  PartNumber: number;
  ETag: string | undefined;
}

export function s3Writing(place: S3Place, partSizeBytes: number, reading: Reading): Pick<BlobStore, "put" | "putFrom" | "delete"> {
  return {
    put: (key, body, { ifAbsent = false } = {}) => put(place, key, body, ifAbsent),
    async putFrom(key, sizeBytes, read, ready) {
      return putInParts(partsOf(place, key, reading), { sizeBytes, partSizeBytes, read, ready, subject: place.subject(key, "putFrom") });
    },
    async delete(keys) {
      const fullKeys = keys.map(place.base.full);
      for (let start = 0; start < fullKeys.length; start += DELETE_KEYS_MAX) {
        await deleteBatch(place, fullKeys.slice(start, start + DELETE_KEYS_MAX));
      }
    },
  };
}

/** Of two concurrent writers with If-None-Match one wins; the other gets 412, or 409 while the first is still writing. */
async function put(place: S3Place, key: string, body: Uint8Array, ifAbsent: boolean): Promise<PutResult> {
  const subject = place.subject(key, "put");
  const command = new PutObjectCommand({
    ...addressOf(place, key),
    Body: body,
    ContentMD5: md5Of(body),
    ...(ifAbsent && { IfNoneMatch: "*" }),
  });
  const output = await place.ask(subject, () => place.client.send(command), body.byteLength);
  return { at: dateOf(output, subject), ...writtenAs(output.ETag) };
}

function partsOf(place: S3Place, key: string, reading: Reading): PartsApi<S3Part> {
  const { client } = place;
  const whole = createHash("md5");
  const ofParts: Buffer[] = [];
  const address = addressOf(place, key);
  const subject = place.subject(key, "putFrom");
  return {
    putWhole: (body) => put(place, key, body, false),
    async begin() {
      const { UploadId } = await place.ask(subject, () => client.send(new CreateMultipartUploadCommand(address)));
      if (UploadId === undefined) throw new AppError("transient", `${subject}: the answer names no upload`);
      return UploadId;
    },
    async putPart(UploadId, PartNumber, Body) {
      const command = new UploadPartCommand({ ...address, UploadId, PartNumber, Body, ContentMD5: md5Of(Body) });
      const { ETag } = await place.ask(`${subject}: part ${PartNumber}`, () => client.send(command), Body.byteLength);
      whole.update(Body);
      ofParts.push(createHash("md5").update(Body).digest());
      return { PartNumber, ETag };
    },
    async complete(UploadId, Parts) {
      const command = new CompleteMultipartUploadCommand({ ...address, UploadId, MultipartUpload: { Parts } });
      const { ETag } = await place.ask(subject, () => client.send(command));
      const md5 = whole.digest("hex");
      const composite = `${createHash("md5").update(Buffer.concat(ofParts)).digest("hex")}-${Parts.length}`;
      return settledAs(reading, { key, subject, md5, etags: [...Object.values(writtenAs(ETag)), composite, md5] });
    },
    abort: (UploadId) => place.ask(`${subject}: abort`, () => client.send(new AbortMultipartUploadCommand({ ...address, UploadId }))),
  };
}

async function deleteBatch(place: S3Place, fullKeys: string[]): Promise<void> {
  const command = new DeleteObjectsCommand({ Bucket: place.bucket, Delete: { Objects: fullKeys.map((Key) => ({ Key })), Quiet: false } });
  const { Deleted = [], Errors = [] } = await place.ask(place.subject("", "delete"), () => place.client.send(command));
  const confirmed = new Set(Deleted.map(({ Key }) => Key));
  const left = fullKeys.filter((key) => !confirmed.has(key));
  if (left.length === 0) return;
  const denied = Errors.some(({ Code }) => Code === "AccessDenied");
  const named = left.map((key) => `${key} (${Errors.find(({ Key }) => Key === key)?.Code ?? "not confirmed"})`);
  throw new AppError(
    denied ? "denied" : "transient",
    `${place.url}: delete: ${left.length} of ${fullKeys.length} keys remain: ${named.join(", ")}`,
  );
}

function addressOf(place: S3Place, key: string): { Bucket: string; Key: string } {
  return { Bucket: place.bucket, Key: place.base.full(key) };
}

function md5Of(body: Uint8Array): string {
  return createHash("md5").update(body).digest("base64");
}
