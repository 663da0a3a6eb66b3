import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  type Answer,
  describedBy,
  type Exchange,
  isExclusive,
  keyEncoder,
  versionHeaders,
  wholeNumber,
  xmlTime,
} from "../http/exchange.ts";
import { invalidArgument, OssError } from "../http/ossError.ts";
import { parseRange } from "../http/parseRange.ts";
import { type ReceivedBody, receiveXml } from "../http/receiveBody.ts";
import { xmlBlocks, xmlDocument, xmlTexts } from "../http/xml.ts";
import { crc64Combine } from "../store/crc64.ts";
import { DEFAULT_CONTENT_TYPE, type ObjectRecord } from "../store/objectInfo.ts";
import { objectPath } from "../store/objectPaths.ts";
import { alreadyExists } from "../store/objectStore.ts";
import type { UploadedPart } from "../store/uploadStore.ts";
import { openSource } from "./copy.ts";
import { receivePut } from "./object.ts";

/** OSS: parts are numbered 1 to 10000, and all but the last have at least 100 KB, which only Complete checks. */
const PARTS_MAX = 10_000;
const PART_BYTES_MIN = 100 * 1024;

const LIST_PARTS = { otherwise: 1000, min: 1, max: 1000 };

export async function initiateMultipartUpload(exchange: Exchange): Promise<Answer> {
  const { store, uploads, bucket, target } = exchange;
  await store.requireBucket(bucket);
  objectPath("", bucket, target.key);
  const exclusive = isExclusive(exchange);
  if (exclusive && (await store.describe(bucket, target.key)) !== undefined) throw alreadyExists();
  const { contentType = DEFAULT_CONTENT_TYPE, meta } = describedBy(target);
  const { uploadId } = await uploads.create({ bucket, key: target.key, contentType, meta, exclusive });
  const content = { Bucket: bucket, Key: keyEncoder(target)(target.key), UploadId: uploadId };
  return { status: 200, xml: xmlDocument("InitiateMultipartUploadResult", content) };
}

export async function uploadPart(exchange: Exchange): Promise<Answer> {
  const { number, uploadId } = await partTarget(exchange);
  const part = await keepPart(exchange, uploadId, number, await receivePut(exchange));
  return { status: 200, headers: { ETag: `"${part.etag}"`, "x-oss-hash-crc64ecma": String(part.crc64) } };
}

export async function uploadPartCopy(exchange: Exchange): Promise<Answer> {
  const { number, uploadId } = await partTarget(exchange);
  const source = await openSource(exchange);
  try {
    const sizeBytes = source.info.sizeBytes;
    const { start, end } = parseRange(exchange.target.headers["x-oss-copy-source-range"], sizeBytes, true) ?? { start: 0, end: sizeBytes };
    const part = await keepPart(exchange, uploadId, number, await exchange.store.receive(source.read(start, end)));
    const xml = xmlDocument("CopyPartResult", { LastModified: xmlTime(part.lastModified), ETag: `"${part.etag}"` });
    return { status: 200, headers: { ETag: `"${part.etag}"`, "x-oss-hash-crc64ecma": String(part.crc64) }, xml };
  } finally {
    await source.close();
  }
}

export async function completeMultipartUpload(exchange: Exchange): Promise<Answer> {
  const { store, uploads, bucket, target } = exchange;
  const upload = await uploads.require(target.query.get("uploadId") ?? "", bucket, target.key);
  const xml = await receiveXml(exchange.body, target.headers["content-md5"], false);
  const parts = chooseParts(await uploads.parts(upload.uploadId), xml, target.headers["x-oss-complete-all"] === "yes");
  const body = await store.receive(readParts(parts));
  const etags = parts.map((part) => part.etag).join("");
  const etag = `${createHash("md5").update(etags).digest("hex").toUpperCase()}-${parts.length}`;
  const crc = parts.reduce((sum, part) => crc64Combine(sum, part.crc64, part.sizeBytes), 0n);
  const record: ObjectRecord = { etag, crc64: String(crc), type: "Multipart", contentType: upload.contentType, meta: upload.meta };
  const exclusive = upload.exclusive || isExclusive(exchange);
  const { previousSizeBytes } = await store.publish(bucket, target.key, body, record, { exclusive, gapMs: 0 });
  await uploads.remove(upload.uploadId);
  const key = keyEncoder(target)(target.key);
  const content = { Location: `http://${target.host}/${target.key}`, Bucket: bucket, Key: key, ETag: `"${etag}"` };
  return {
    status: 200,
    headers: { ETag: `"${etag}"`, "x-oss-hash-crc64ecma": record.crc64, ...versionHeaders(exchange) },
    xml: xmlDocument("CompleteMultipartUploadResult", content),
    created: {
      bucket,
      key: target.key,
      eventName: "ObjectCreated:CompleteMultipartUpload",
      etag,
      sizeBytes: body.sizeBytes,
      previousSizeBytes,
    },
  };
}

export async function abortMultipartUpload({ uploads, bucket, target }: Exchange): Promise<Answer> {
  const { uploadId } = await uploads.require(target.query.get("uploadId") ?? "", bucket, target.key);
  await uploads.remove(uploadId);
  return { status: 204 };
}

export async function listParts({ uploads, bucket, target }: Exchange): Promise<Answer> {
  const { uploadId } = await uploads.require(target.query.get("uploadId") ?? "", bucket, target.key);
  const maxParts = wholeNumber("max-parts", target.query.get("max-parts"), LIST_PARTS);
  const marker = wholeNumber("part-number-marker", target.query.get("part-number-marker"), { otherwise: 0, min: 0, max: PARTS_MAX });
  const rest = (await uploads.parts(uploadId)).filter((part) => part.number > marker);
  const page = rest.slice(0, maxParts);
  const content = {
    Bucket: bucket,
    Key: keyEncoder(target)(target.key),
    UploadId: uploadId,
    NextPartNumberMarker: page.at(-1)?.number ?? marker,
    PartNumberMarker: marker,
    MaxParts: maxParts,
    IsTruncated: rest.length > page.length,
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: xmlTime(part.lastModified),
      ETag: `"${part.etag}"`,
      HashCrc64ecma: String(part.crc64),
      Size: part.sizeBytes,
    })),
  };
  return { status: 200, xml: xmlDocument("ListPartsResult", content) };
}

export async function listMultipartUploads({ store, uploads, bucket, target }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  const prefix = target.query.get("prefix") ?? "";
  const encode = keyEncoder(target);
  const found = (await uploads.list(bucket)).filter((upload) => upload.key.startsWith(prefix));
  const content = {
    Bucket: bucket,
    MaxUploads: 1000,
    IsTruncated: false,
    Upload: found.map(({ key, uploadId, initiated }) => ({
      Key: encode(key),
      UploadId: uploadId,
      Initiated: xmlTime(new Date(initiated)),
    })),
  };
  return { status: 200, xml: xmlDocument("ListMultipartUploadsResult", content) };
}

async function partTarget({ uploads, bucket, target }: Exchange): Promise<{ number: number; uploadId: string }> {
  const number = wholeNumber("partNumber", target.query.get("partNumber"), { otherwise: 0, min: 1, max: PARTS_MAX });
  const { uploadId } = await uploads.require(target.query.get("uploadId") ?? "", bucket, target.key);
  return { number, uploadId };
}

async function keepPart({ store, uploads }: Exchange, uploadId: string, number: number, body: ReceivedBody): Promise<UploadedPart> {
  try {
    return await uploads.putPart(uploadId, number, body);
  } finally {
    await store.discard(body);
  }
}

/** The parts listed in the request, in its order, each checked against the uploaded part. */
function chooseParts(uploaded: readonly UploadedPart[], xml: string, all: boolean): UploadedPart[] {
  const chosen = all ? [...uploaded] : xmlBlocks(xml, "Part").map((block) => namedPart(uploaded, block));
  if (chosen.length === 0) throw new OssError(400, "MalformedXML", "The XML you provided names no part.");
  if (chosen.some((part, at) => at > 0 && part.number <= (chosen[at - 1] as UploadedPart).number)) {
    throw new OssError(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
  }
  if (chosen.slice(0, -1).some((part) => part.sizeBytes < PART_BYTES_MIN)) {
    throw new OssError(400, "EntityTooSmall", "Your proposed upload smaller than the minimum allowed size.");
  }
  return chosen;
}

function namedPart(uploaded: readonly UploadedPart[], block: string): UploadedPart {
  const number = Number(xmlTexts(block, "PartNumber")[0]);
  const etag = xmlTexts(block, "ETag")[0]?.trim().replaceAll('"', "").toUpperCase();
  if (!Number.isInteger(number)) throw invalidArgument("PartNumber must be an integer.");
  const part = uploaded.find((one) => one.number === number && one.etag === etag);
  if (part === undefined) {
    throw new OssError(400, "InvalidPart", `Part ${number} could not be found, or its ETag is not the one that was uploaded.`);
  }
  return part;
}

async function* readParts(parts: readonly UploadedPart[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield* createReadStream(part.path) as AsyncIterable<Uint8Array>;
}
