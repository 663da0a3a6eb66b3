import { OssError } from "./ossError.ts";

/**
 * The bytes requested by a `Range` header (`end` exclusive), or `undefined` for the whole object.
 * OSS ignores a range that extends beyond the object and answers 200 with everything; only with `x-oss-range-behavior: standard` does it
 * truncate the range, or answer 416 when nothing is left
 * (https://www.alibabacloud.com/help/en/oss/how-to-obtain-oss-resources-by-segmenting-http-range-requests).
 */
export function parseRange(header: string | undefined, sizeBytes: number, isStandard: boolean): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)(?:,.*)?$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const wanted = wantedRange(match[1] as string, match[2] as string, sizeBytes);
  const range = { start: Math.max(wanted.start, 0), end: Math.min(wanted.end, sizeBytes) };
  const isInside = wanted.start >= 0 && wanted.end <= sizeBytes && wanted.start < wanted.end;
  if (isInside) return range;
  if (!isStandard) return undefined;
  if (range.start < range.end) return range;
  throw new OssError(416, "InvalidRange", "The requested range cannot be satisfied", { "Content-Range": `bytes */${sizeBytes}` });
}

function wantedRange(first: string, last: string, sizeBytes: number): { start: number; end: number } {
  if (first === "") return { start: sizeBytes - Number(last), end: sizeBytes };
  return { start: Number(first), end: last === "" ? Math.max(sizeBytes, Number(first)) : Number(last) + 1 };
}
