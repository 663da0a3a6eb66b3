import { textOf } from "../blobs/xmlText.ts";

const CONTENTS_PATTERN = /<Contents>(.*?)<\/Contents>/gs;

/** One object of a listing, in the shape of ali-oss's own parser. */
interface ListedObject {
  Key: string;
  LastModified: string | undefined;
  ETag: string | undefined;
  Type: string | undefined;
  Size: string | undefined;
  StorageClass: string | undefined;
}

/** A page of ListObjectsV2 in the shape that ali-oss expects. */
export interface ListingDocument {
  IsTruncated: string | undefined;
  NextContinuationToken: string | undefined;
  KeyCount: string | undefined;
  Contents: ListedObject[];
}

/**
 * Parses a page of ListObjectsV2. Returns `undefined` for any other document, one with prefixes or an object without a key, which are left
 * to the general parser. That parser takes most of the time of a large listing; pages are flat, and a million keys fill a thousand of them.
 * https://help.aliyun.com/document_detail/187544.html
 */
export function parseListing(xml: string): ListingDocument | undefined {
  if (!/<ListBucketResult[\s>]/.test(xml) || !xml.includes("<KeyCount>") || xml.includes("<CommonPrefixes>")) return undefined;
  const contents: ListedObject[] = [];
  for (const [, fields = ""] of xml.matchAll(CONTENTS_PATTERN)) {
    const key = textOf(fields, "Key");
    if (key === undefined) return undefined;
    contents.push({
      Key: key,
      LastModified: textOf(fields, "LastModified"),
      ETag: textOf(fields, "ETag"),
      Type: textOf(fields, "Type"),
      Size: textOf(fields, "Size"),
      StorageClass: textOf(fields, "StorageClass"),
    });
  }
  // A truncated page must not be mistaken for a short one: the general parser throws on it.
  if (!xml.trimEnd().endsWith("</ListBucketResult>")) return undefined;
  const head = xml.slice(0, Math.max(0, xml.indexOf("<Contents>"))) + xml.slice(xml.lastIndexOf("</Contents>") + 1);
  return {
    IsTruncated: textOf(head, "IsTruncated"),
    NextContinuationToken: textOf(head, "NextContinuationToken"),
    KeyCount: textOf(head, "KeyCount"),
    Contents: contents,
  };
}
