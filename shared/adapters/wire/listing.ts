import { textOf } from "../blobs/xmlText.ts";

export interface ListedBlob {
  fullKey: string;
  size: string | undefined;
  modified: string | undefined;
  etag: string | undefined;
}

export interface ListingPage {
  blobs: ListedBlob[];
  isTruncated: boolean;
  token: string | undefined;
}

const START = "<Contents>";
const END = "</Contents>";

/** A page of ListObjectsV2 of either store; `undefined` for any other document, or one that is cut. */
export function readPage(xml: string): ListingPage | undefined {
  if (!/<ListBucketResult[\s>]/.test(xml) || !xml.trimEnd().endsWith("</ListBucketResult>")) return undefined;
  const blobs: ListedBlob[] = [];
  let head = xml;
  let start = xml.indexOf(START);
  if (start >= 0) head = xml.slice(0, start) + xml.slice(xml.lastIndexOf(END));
  while (start >= 0) {
    const end = xml.indexOf(END, start);
    if (end < 0) return undefined;
    const fields = xml.slice(start + START.length, end);
    const fullKey = textOf(fields, "Key");
    if (fullKey === undefined) return undefined;
    blobs.push({ fullKey, size: textOf(fields, "Size"), modified: textOf(fields, "LastModified"), etag: textOf(fields, "ETag") });
    start = xml.indexOf(START, end);
  }
  return { blobs, isTruncated: textOf(head, "IsTruncated") === "true", token: textOf(head, "NextContinuationToken") };
}
