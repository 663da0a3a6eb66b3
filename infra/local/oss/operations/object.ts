import { checkConditions } from "../http/conditions.ts";
import {
  type Answer,
  describedBy,
  type Exchange,
  isExclusive,
  keyEncoder,
  objectHeaders,
  ownerElement,
  versionHeaders,
} from "../http/exchange.ts";
import { noSuchKey, OssError } from "../http/ossError.ts";
import { parseRange } from "../http/parseRange.ts";
import { checkMd5, type ReceivedBody, receiveXml } from "../http/receiveBody.ts";
import { xmlBlocks, xmlDocument, xmlTexts } from "../http/xml.ts";
import { DEFAULT_CONTENT_TYPE, type ObjectInfo, type ObjectRecord } from "../store/objectInfo.ts";

/** OSS accepts at most 5 GB in one PutObject. */
const PUT_BYTES_MAX = 5 * 1024 ** 3;

/** OSS deletes at most 1000 keys per call. */
const DELETE_KEYS_MAX = 1000;

export async function putObject(exchange: Exchange): Promise<Answer> {
  const { store, bucket, target, faults } = exchange;
  await store.requireBucket(bucket);
  const body = await receivePut(exchange);
  const { contentType = DEFAULT_CONTENT_TYPE, meta } = describedBy(target);
  const etag = body.md5.toString("hex").toUpperCase();
  const record: ObjectRecord = { etag, crc64: String(body.crc64), type: "Normal", contentType, meta };
  const exclusive = isExclusive(exchange);
  const gap = !exclusive && (await store.describe(bucket, target.key)) !== undefined ? faults.strike("deleteThenPut", target) : undefined;
  const { previousSizeBytes } = await store.publish(bucket, target.key, body, record, { exclusive, gapMs: gap?.ms ?? 0 });
  return {
    status: 200,
    headers: {
      ETag: `"${etag}"`,
      "Content-MD5": body.md5.toString("base64"),
      "x-oss-hash-crc64ecma": record.crc64,
      ...versionHeaders(exchange),
    },
    created: { bucket, key: target.key, eventName: "ObjectCreated:PutObject", etag, sizeBytes: body.sizeBytes, previousSizeBytes },
  };
}

/** Receives the body of a PutObject or UploadPart and checks size and Content-MD5. */
export async function receivePut({ store, target, body }: Exchange): Promise<ReceivedBody> {
  const length = target.headers["content-length"];
  if (length === undefined && target.headers["transfer-encoding"] === undefined) {
    throw new OssError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  if (Number(length ?? 0) > PUT_BYTES_MAX) {
    throw new OssError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.");
  }
  const received = await store.receive(body);
  try {
    checkMd5(received.md5, target.headers["content-md5"]);
  } catch (error) {
    await store.discard(received);
    throw error;
  }
  return received;
}

export async function getObject({ store, bucket, target, dialect }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  const opened = await store.open(bucket, target.key);
  if (opened === undefined) throw noSuchKey();
  const { file, info } = opened;
  try {
    checkConditions(target.headers, info);
    const isStandard = dialect === "s3" || target.headers["x-oss-range-behavior"] === "standard";
    const range = parseRange(target.headers.range, info.sizeBytes, isStandard);
    const { start, end } = range ?? { start: 0, end: info.sizeBytes };
    const partial = range === undefined ? {} : { "Content-Range": `bytes ${start}-${end - 1}/${info.sizeBytes}` };
    const headers = { ...objectHeaders(info, dialect), ...partial, "Content-Length": String(end - start) };
    return { status: range === undefined ? 200 : 206, headers, content: { file, start, sizeBytes: end - start } };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export async function headObject(exchange: Exchange): Promise<Answer> {
  const info = await requireObject(exchange);
  checkConditions(exchange.target.headers, info);
  return { status: 200, headers: { ...objectHeaders(info, exchange.dialect), "Content-Length": String(info.sizeBytes) } };
}

/** Returns only ETag, size, time and CRC, always without a body. */
export async function getObjectMeta(exchange: Exchange): Promise<Answer> {
  const info = await requireObject(exchange);
  const { ETag, "Last-Modified": lastModified, "x-oss-hash-crc64ecma": crc } = objectHeaders(info, exchange.dialect);
  const headers = { ETag: ETag as string, "Last-Modified": lastModified as string, "x-oss-hash-crc64ecma": crc as string };
  // GET ?objectMeta has no body, so only HEAD may return the object's size as Content-Length.
  const length = exchange.target.method === "HEAD" ? String(info.sizeBytes) : "0";
  return { status: 200, headers: { ...headers, "Content-Length": length } };
}

export async function getObjectAcl(exchange: Exchange): Promise<Answer> {
  await requireObject(exchange);
  const content = { Owner: ownerElement(exchange.accountId), AccessControlList: { Grant: "default" } };
  return { status: 200, xml: xmlDocument("AccessControlPolicy", content) };
}

export async function deleteObject({ store, bucket, target }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  await store.remove(bucket, target.key);
  return { status: 204 };
}

export async function deleteMultipleObjects({ store, bucket, target, body, require: required }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  const xml = await receiveXml(body, target.headers["content-md5"], true);
  const keys = xmlBlocks(xml, "Object").flatMap((object) => xmlTexts(object, "Key"));
  if (keys.length === 0 || keys.length > DELETE_KEYS_MAX) {
    throw new OssError(400, "MalformedXML", `The XML you provided names ${keys.length} keys instead of 1 to ${DELETE_KEYS_MAX}.`);
  }
  for (const key of keys) required("oss:DeleteObject", bucket, key);
  for (const key of keys) await store.remove(bucket, key);
  const isQuiet = xmlTexts(xml, "Quiet")[0]?.trim() === "true";
  const encode = keyEncoder(target);
  const deleted = isQuiet ? [] : keys.map((key) => ({ Key: encode(key) }));
  return { status: 200, xml: xmlDocument("DeleteResult", { EncodingType: target.query.get("encoding-type"), Deleted: deleted }) };
}

async function requireObject({ store, bucket, target }: Exchange): Promise<ObjectInfo> {
  await store.requireBucket(bucket);
  const info = await store.describe(bucket, target.key);
  if (info === undefined) throw noSuchKey();
  return info;
}
