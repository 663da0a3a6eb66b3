import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { BlobStore, PutResult, Written } from "../../model/blobStore.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import { type PartsApi, putInParts, writtenAs } from "../blobs/parts.ts";
import { textOf } from "../blobs/xmlText.ts";
import { dateOf } from "../oss/errors.ts";
import { settledAs } from "../s3/settled.ts";
import { crc64, crc64Text } from "./crc64.ts";
import { deleteKeys } from "./delete.ts";
import { md5Of } from "./digest.ts";
import type { WirePlace } from "./place.ts";
import type { WireReading } from "./read.ts";

/** Otherwise OSS guesses a type from the key's extension. */
const TYPE = { "content-type": "application/octet-stream" };

interface Part {
  number: number;
  etag: string;
}

type WireWriting = Pick<BlobStore, "put" | "putFrom" | "delete">;

export function wireWriting(place: WirePlace, partSizeBytes: number, reading: WireReading): WireWriting {
  const stored = storedCheck(place);
  return {
    put: (key, body, { ifAbsent = false } = {}) => put(place, stored, { key, body, ifAbsent }),
    async putFrom(key, sizeBytes, read, ready) {
      const api = partsOf(place, stored, { key, reading });
      return putInParts(api, { sizeBytes, partSizeBytes, read, ready, subject: place.subject(key, "putFrom") });
    },
    delete: (keys) => deleteKeys(place, keys),
  };
}

/** Compares what the store says that it stored with what was sent. */
type StoredCheck = (key: string, subject: string, stored: { headers: IncomingHttpHeaders; sent: () => string }) => Promise<void>;

/** An ETag that is the MD5 of what was sent says the same as the CRC64, without a third pass over the bytes. */
function isMd5({ etag }: IncomingHttpHeaders, md5: Buffer): boolean {
  return etag !== undefined && etag.replaceAll('"', "").toLowerCase() === md5.toString("hex");
}

/**
 * What is stored damaged does not stay under its name, where its size would pass for the blob. The first time it is `transient`, so that the blob
 * is read and sent again.
 */
function storedCheck(place: WirePlace): StoredCheck {
  const failed = new Set<string>();
  return async (key, subject, { headers, sent }) => {
    const found = place.dialect.crc64Of(headers);
    if (found === undefined) return;
    const wanted = sent();
    if (found === wanted) return;
    const wrong = `${subject}: ${place.dialect.service} stored bytes with the CRC64 ${found}, those that were sent have ${wanted}`;
    const isAgain = failed.has(key);
    failed.add(key);
    const left = await deleteKeys(place, [key]).then(
      () => "; it was removed",
      (error: unknown) => `; it could not be removed: ${messageOf(error)}`,
    );
    throw new AppError(isAgain ? "permanent" : "transient", `${wrong}${isAgain ? ", for the second time" : ""}${left}`);
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and https://help.aliyun.com/document_detail/31978.html */
async function put(
  place: WirePlace,
  stored: StoredCheck,
  { key, body, ifAbsent }: { key: string; body: Uint8Array; ifAbsent: boolean },
): Promise<PutResult> {
  const subject = place.subject(key, "put");
  const md5 = md5Of(body);
  const headers = { ...TYPE, "content-md5": md5.toString("base64"), ...(ifAbsent && place.dialect.ifAbsentHeaders) };
  const answer = await place.ask("PutObject", subject, { method: "PUT", key: place.base.full(key), headers, body });
  answer.resume();
  if (!isMd5(answer.headers, md5)) await stored(key, subject, { headers: answer.headers, sent: () => crc64Text(body) });
  return { at: dateOf(answer.headers as Record<string, string | undefined>, subject), ...writtenAs(answer.headers.etag) };
}

function partsOf(place: WirePlace, stored: StoredCheck, { key, reading }: { key: string; reading: WireReading }): PartsApi<Part> {
  const { dialect } = place;
  const fullKey = place.base.full(key);
  const subject = place.subject(key, "putFrom");
  const crc = crc64();
  const whole = createHash("md5");
  const ofParts: Buffer[] = [];
  return {
    putWhole: (body) => put(place, stored, { key, body, ifAbsent: false }),
    async begin() {
      const { text } = await place.askText("PutObject", subject, { method: "POST", key: fullKey, query: [["uploads", ""]], headers: TYPE });
      const uploadId = textOf(text, "UploadId");
      if (uploadId === undefined) throw new AppError("transient", `${subject}: the answer names no upload`);
      return uploadId;
    },
    async putPart(uploadId, number, body) {
      const md5 = md5Of(body);
      const query = [
        ["partNumber", String(number)],
        ["uploadId", uploadId],
      ] as const;
      const headers = { "content-md5": md5.toString("base64") };
      const about = `${subject}: part ${number}`;
      const answer = await place.ask("PutObject", about, { method: "PUT", key: fullKey, query, headers, body });
      answer.resume();
      const { etag } = answer.headers;
      if (etag === undefined) throw new AppError("transient", `${about}: the answer has no ETag`);
      if (dialect.listsOtherEtags) {
        whole.update(body);
        ofParts.push(md5);
      } else crc.update(body);
      return { number, etag };
    },
    async complete(uploadId, parts): Promise<Written> {
      const named = parts.map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${xmlText(etag)}</ETag></Part>`);
      const body = Buffer.from(`<CompleteMultipartUpload>${named.join("")}</CompleteMultipartUpload>`);
      const headers = { "content-type": "application/xml" };
      const call = { method: "POST", key: fullKey, query: [["uploadId", uploadId]], headers, body } as const;
      const answer = await place.askText("PutObject", subject, call);
      await stored(key, subject, { headers: answer.headers, sent: () => crc.text() });
      const etag = answer.headers.etag ?? textOf(answer.text, "ETag");
      if (!dialect.listsOtherEtags) return writtenAs(etag);
      const md5 = whole.digest("hex");
      const composite = `${createHash("md5").update(Buffer.concat(ofParts)).digest("hex")}-${parts.length}`;
      return settledAs(reading, { key, subject, md5, etags: [...Object.values(writtenAs(etag)), composite, md5] });
    },
    async abort(uploadId) {
      const call = { method: "DELETE", key: fullKey, query: [["uploadId", uploadId]] } as const;
      (await place.ask("AbortMultipartUpload", `${subject}: abort`, call)).resume();
    },
  };
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
