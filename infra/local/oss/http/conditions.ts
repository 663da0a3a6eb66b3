import type { ObjectInfo } from "../store/objectInfo.ts";
import { OssError } from "./ossError.ts";

/**
 * Checks `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`, or the same conditions on a copy's source
 * (`x-oss-copy-source-if-…`). Throws 412, or 304 for an object that the client already has.
 * https://help.aliyun.com/zh/oss/developer-reference/getobject
 */
export function checkConditions(headers: Readonly<Record<string, string>>, info: ObjectInfo, prefix: "" | "x-oss-copy-source-" = ""): void {
  const asked = (name: string): string | undefined => headers[`${prefix}${name}`];
  const [match, noneMatch] = [asked("if-match"), asked("if-none-match")];
  if (match !== undefined && !names(match, info.etag)) throw preconditionFailed("If-Match");
  const unmodified = timeOf(asked("if-unmodified-since"));
  if (match === undefined && unmodified !== undefined && info.lastModified.getTime() > unmodified)
    throw preconditionFailed("If-Unmodified-Since");
  if (noneMatch !== undefined && names(noneMatch, info.etag)) throw notModified(info);
  const modified = timeOf(asked("if-modified-since"));
  if (noneMatch === undefined && modified !== undefined && info.lastModified.getTime() <= modified) throw notModified(info);
}

function names(list: string, etag: string): boolean {
  const given = list.split(",").map((one) => one.trim().replace(/^W\//, "").replaceAll('"', "").toUpperCase());
  return given.includes("*") || given.includes(etag.toUpperCase());
}

/** A time that is not one is ignored, as HTTP demands. */
function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

function preconditionFailed(condition: string): OssError {
  return new OssError(412, "PreconditionFailed", `At least one of the pre-conditions you specified did not hold. Condition: ${condition}`);
}

function notModified({ etag, lastModified }: ObjectInfo): OssError {
  return new OssError(304, "NotModified", "The object was not modified.", {
    ETag: `"${etag}"`,
    "Last-Modified": lastModified.toUTCString(),
  });
}
