import { stat } from "node:fs/promises";
import { type Answer, type Exchange, keyEncoder, ownerElement, wholeNumber, xmlTime } from "../http/exchange.ts";
import { invalidArgument } from "../http/ossError.ts";
import { type XmlElements, xmlDocument } from "../http/xml.ts";
import type { ObjectInfo } from "../store/objectInfo.ts";

/** OSS: a listing returns 100 keys by default and never more than 1000. */
const MAX_KEYS = { otherwise: 100, min: 1, max: 1000 };

/** Files described concurrently: those written by other programs are read completely for their ETag. */
const DESCRIBE_CONCURRENCY = 8;

export async function listBuckets({ store, region, accountId }: Exchange): Promise<Answer> {
  const buckets = (await store.buckets()).map(({ name, created }) => ({ ...bucketElement(region, name, created), Region: region }));
  return xmlAnswer("ListAllMyBucketsResult", { Owner: ownerElement(accountId), Buckets: { Bucket: buckets } });
}

export async function putBucket({ store, bucket }: Exchange): Promise<Answer> {
  await store.createBucket(bucket);
  return { status: 200, headers: { Location: `/${bucket}` } };
}

export async function headBucket({ store, bucket, region }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  return { status: 200, headers: { "x-oss-bucket-region": `oss-${region}` } };
}

export async function getBucketInfo({ store, bucket, region, accountId, isVersioned }: Exchange): Promise<Answer> {
  const { birthtime } = await stat(await store.requireBucket(bucket));
  const info: XmlElements = {
    ...bucketElement(region, bucket, birthtime),
    Owner: ownerElement(accountId),
    AccessControlList: { Grant: "private" },
    DataRedundancyType: "LRS",
    Versioning: isVersioned(bucket) ? "Enabled" : undefined,
  };
  return xmlAnswer("BucketInfo", { Bucket: info });
}

export async function getBucketVersioning({ store, bucket, isVersioned }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  return xmlAnswer("VersioningConfiguration", { Status: isVersioned(bucket) ? "Enabled" : undefined });
}

export async function getBucketAcl({ store, bucket, accountId }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  return xmlAnswer("AccessControlPolicy", { Owner: ownerElement(accountId), AccessControlList: { Grant: "private" } });
}

export async function getBucketLocation({ store, bucket, region }: Exchange): Promise<Answer> {
  await store.requireBucket(bucket);
  return { status: 200, xml: `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>oss-${region}</LocationConstraint>` };
}

export async function listObjects(exchange: Exchange): Promise<Answer> {
  const { query } = exchange.target;
  const marker = query.get("marker") ?? "";
  const { content, encode, next } = await listing(exchange, marker, true);
  const position = { Marker: encode(marker), NextMarker: next === undefined ? undefined : encode(next) };
  return xmlAnswer("ListBucketResult", { ...position, ...content });
}

export async function listObjectsV2(exchange: Exchange): Promise<Answer> {
  const { query } = exchange.target;
  if (query.get("list-type") !== "2") throw invalidArgument("Argument list-type must be 2.");
  const startAfter = query.get("start-after");
  const token = query.get("continuation-token");
  const after = token === undefined || token === "" ? (startAfter ?? "") : Buffer.from(token, "base64url").toString("utf8");
  const { content, encode, next, keyCount } = await listing(exchange, after, query.get("fetch-owner") === "true");
  const position = {
    StartAfter: startAfter === undefined ? undefined : encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: next === undefined ? undefined : Buffer.from(next).toString("base64url"),
    KeyCount: keyCount,
  };
  return xmlAnswer("ListBucketResult", { ...position, ...content });
}

async function listing({ store, bucket, target, accountId }: Exchange, after: string, withOwner: boolean) {
  const { query } = target;
  const encode = keyEncoder(target);
  await store.requireBucket(bucket);
  const maxKeys = wholeNumber("max-keys", query.get("max-keys"), MAX_KEYS);
  const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""];
  const page = await store.page(bucket, { prefix, after, delimiter, maxKeys });
  const infos = await describeAll(page.keys, (key) => store.describe(bucket, key));
  const owner = withOwner ? ownerElement(accountId) : undefined;
  const content: XmlElements = {
    Name: bucket,
    Prefix: encode(prefix),
    MaxKeys: maxKeys,
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    EncodingType: query.get("encoding-type"),
    IsTruncated: page.next !== undefined,
    Contents: infos.map(({ key, info }) => ({ Key: encode(key), ...contentElement(info), Owner: owner })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  };
  return { content, encode, next: page.next, keyCount: infos.length + page.commonPrefixes.length };
}

function contentElement(info: ObjectInfo): XmlElements {
  return {
    LastModified: xmlTime(info.lastModified),
    ETag: `"${info.etag}"`,
    Type: info.type,
    Size: info.sizeBytes,
    StorageClass: "Standard",
  };
}

/** In order; omits objects that vanished after the directory was read. */
async function describeAll(keys: readonly string[], describe: (key: string) => Promise<ObjectInfo | undefined>) {
  const found: { key: string; info: ObjectInfo }[] = [];
  for (let at = 0; at < keys.length; at += DESCRIBE_CONCURRENCY) {
    const batch = keys.slice(at, at + DESCRIBE_CONCURRENCY);
    const infos = await Promise.all(batch.map(describe));
    batch.forEach((key, index) => {
      const info = infos[index];
      if (info !== undefined) found.push({ key, info });
    });
  }
  return found;
}

function bucketElement(region: string, name: string, created: Date): XmlElements {
  return {
    Name: name,
    Location: `oss-${region}`,
    CreationDate: xmlTime(created),
    ExtranetEndpoint: `oss-${region}.aliyuncs.com`,
    IntranetEndpoint: `oss-${region}-internal.aliyuncs.com`,
    StorageClass: "Standard",
  };
}

function xmlAnswer(root: string, content: XmlElements): Answer {
  return { status: 200, xml: xmlDocument(root, content) };
}
