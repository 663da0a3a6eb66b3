import { checkConditions } from "../http/conditions.ts";
import { type Answer, describedBy, type Exchange, isExclusive, versionHeaders, xmlTime } from "../http/exchange.ts";
import { invalidArgument, noSuchKey, OssError } from "../http/ossError.ts";
import { decode } from "../http/parseTarget.ts";
import { xmlDocument } from "../http/xml.ts";
import type { ObjectRecord } from "../store/objectInfo.ts";

/** OSS copies objects below 1 GB in one call; larger ones need UploadPartCopy. */
const COPY_BYTES_MAX = 1024 ** 3;

export async function copyObject(exchange: Exchange): Promise<Answer> {
  const { store, bucket, target } = exchange;
  await store.requireBucket(bucket);
  const source = await openSource(exchange);
  try {
    if (source.info.sizeBytes >= COPY_BYTES_MAX) {
      throw new OssError(400, "EntityTooLarge", "The source object is too large for CopyObject: use UploadPartCopy from 1 GB on.");
    }
    const body = await store.receive(source.read(0, source.info.sizeBytes));
    const own = describedBy(target);
    const kept = target.headers["x-oss-metadata-directive"] === "REPLACE" ? own : source.info;
    const etag = body.md5.toString("hex").toUpperCase();
    const contentType = kept.contentType ?? source.info.contentType;
    const record: ObjectRecord = { etag, crc64: String(body.crc64), type: "Normal", contentType, meta: kept.meta };
    const { previousSizeBytes } = await store.publish(bucket, target.key, body, record, { exclusive: isExclusive(exchange), gapMs: 0 });
    return {
      status: 200,
      headers: { ETag: `"${etag}"`, "x-oss-hash-crc64ecma": record.crc64, ...versionHeaders(exchange) },
      xml: xmlDocument("CopyObjectResult", { ETag: `"${etag}"`, LastModified: xmlTime(new Date()) }),
      created: { bucket, key: target.key, eventName: "ObjectCreated:CopyObject", etag, sizeBytes: body.sizeBytes, previousSizeBytes },
    };
  } finally {
    await source.close();
  }
}

/** The object named by `x-oss-copy-source: /BUCKET/KEY`, open for reading; the caller closes it. */
export async function openSource({ store, target, require: required }: Exchange) {
  const match = /^\/?([^/]+)\/(.+)$/.exec(target.headers["x-oss-copy-source"] ?? "");
  if (match === null) throw invalidArgument("Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.");
  const [bucket, key] = [match[1] as string, decode((match[2] as string).replace(/\?versionId=.*$/, ""))];
  required("oss:GetObject", bucket, key);
  await store.requireBucket(bucket);
  const opened = await store.open(bucket, key);
  if (opened === undefined) throw noSuchKey();
  const { file, info } = opened;
  try {
    checkConditions(target.headers, info, "x-oss-copy-source-");
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    info,
    read: (start: number, end: number): AsyncIterable<Uint8Array> =>
      end > start ? file.createReadStream({ start, end: end - 1, autoClose: false }) : nothing(),
    close: () => file.close(),
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
