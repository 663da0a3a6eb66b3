import { ownValue } from "../../model/tables/ownValue.ts";

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const ENTITY_PATTERN = /&(?:#(\d+)|#x([0-9a-fA-F]+)|(amp|lt|gt|quot|apos));/g;
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

function textOf(xml: string, tag: string): string | undefined {
  const start = xml.indexOf(`<${tag}>`);
  if (start < 0) return undefined;
  const from = start + tag.length + 2;
  const end = xml.indexOf(`</${tag}>`, from);
  if (end < 0) return undefined;
  const text = xml.slice(from, end);
  return text.includes("&") ? text.replace(ENTITY_PATTERN, unescapeEntity) : text;
}

function unescapeEntity(_all: string, decimal: string | undefined, hex: string | undefined, name: string | undefined): string {
  if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
  return hex === undefined ? (ownValue(ENTITIES, name ?? "") ?? "") : String.fromCodePoint(Number.parseInt(hex, 16));
}
