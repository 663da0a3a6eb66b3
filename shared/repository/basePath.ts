import { hasHiddenCharacter } from "../model/plainText.ts";
import { type Reason, reason } from "../model/reason.ts";

/** OSS and S3 limit keys to 1023 and 1024 bytes; the longest blob key below a base path needs about 120 of them. */
const BASE_PATH_BYTES_MAX = 900;

const FORBIDDEN = ["\\", ":", "*", "?", '"', "<", ">", "|"];

export interface BasePathProblem {
  wrong: string;
  fix: string;
  reason: Reason;
}

/** Removes the trailing slashes that the plugins tolerate; changes nothing else. */
export function normalizeBasePath(basePath: string): string {
  let end = basePath.length;
  while (end > 0 && basePath[end - 1] === "/") end -= 1;
  return basePath.slice(0, end);
}

/**
 * The problems of a base path. A leading slash makes an empty first element in the plugin's split, and keys that OSS rejects; the forbidden
 * characters are those that Elasticsearch rejects in names and that some stores and file systems do not preserve.
 */
export function basePathProblems(basePath: string): BasePathProblem[] {
  if (basePath.startsWith("/"))
    return [problem("leadingSlash", 'starts with "/": objects land under an empty folder name', "remove the leading /")];
  const segments = normalizeBasePath(basePath).split("/");
  const forbidden = FORBIDDEN.filter((character) => basePath.includes(character));
  const problems: BasePathProblem[] = [];
  if (forbidden.length > 0) problems.push(problem("character", `holds ${forbidden.join(" ")}`, `leave out ${FORBIDDEN.join(" ")}`));
  if (hasHiddenCharacter(basePath))
    problems.push(problem("control", "holds a control character or one that is not visible", "write visible characters"));
  if (segments.length > 1 && segments.includes(""))
    problems.push(problem("emptySegment", "has an empty folder name", "write single slashes"));
  if (segments.some((segment) => segment === "." || segment === "..")) {
    problems.push(problem("dots", 'has a folder named "." or ".."', "write the path out"));
  }
  if (Buffer.byteLength(basePath) > BASE_PATH_BYTES_MAX) {
    problems.push(problem("tooLong", "is too long for the keys below it", `keep it within ${BASE_PATH_BYTES_MAX} bytes`));
  }
  return problems;
}

function problem(kind: string, wrong: string, fix: string): BasePathProblem {
  return { wrong, fix, reason: reason(`basePath.${kind}`) };
}
