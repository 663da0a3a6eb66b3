import type { Place } from "../model/config.ts";
import { AppError } from "../model/errors.ts";
import { percentEncoded } from "../model/plainText.ts";
import { reason } from "../model/reason.ts";
import { basePathProblems, normalizeBasePath } from "./basePath.ts";
import { parseEndpoint } from "./endpoint.ts";
import { didYouMean } from "./fault.ts";

const PLACE_URL = /^(oss|s3|file):\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/;
const QUERY_KEYS = ["endpoint", "region"];
const EXAMPLES = "oss://bucket/base?region=cn-hangzhou, s3://bucket/base?endpoint=… or file:///dir";

/**
 * Parses `oss://bucket/base?endpoint=…&region=…`, `s3://bucket/base?…` and `file:///dir` (a directory, base path "").
 * Throws `invalid` with one sentence; a URL with a user part is rejected without being shown, because it may contain a key.
 */
export function parsePlaceUrl(text: string): Place {
  if (text.includes("@"))
    throw invalid("place", "credentials do not belong into the URL", "leave them to the environment of the function's role");
  const match = PLACE_URL.exec(text.trim());
  if (match === null) throw invalid(text, "not a place", `write ${EXAMPLES}`);
  const [, scheme, bucket = "", path = "", query] = match;
  if (scheme === "file") return directoryPlace(text, bucket, path, query);
  if (bucket === "") throw invalid(text, "has no bucket", `write ${EXAMPLES}`);
  const basePath = normalizeBasePath(decode(text, path.slice(1)));
  const problem = basePathProblems(basePath)[0];
  if (problem !== undefined) throw invalid(text, `its base path ${problem.wrong}`, problem.fix);
  const { endpoint, region } = readQuery(text, query);
  const derived = region ?? (endpoint === undefined ? undefined : parseEndpoint(endpoint)?.region);
  return {
    store: scheme === "oss" ? "oss" : "s3",
    bucket,
    basePath,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(derived === undefined ? {} : { region: derived }),
  };
}

/** The inverse of {@link parsePlaceUrl}; omits credentials. */
export function printPlaceUrl({ store, bucket, basePath, endpoint, region }: Place): string {
  const path = encodeSegments(basePath);
  if (store === "directory") return `file://${encodeSegments(normalizeBasePath(bucket))}${path === "" ? "" : `/${path}`}`;
  const query = [
    ...(endpoint === undefined ? [] : [`endpoint=${percentEncoded(endpoint)}`]),
    ...(region === undefined ? [] : [`region=${percentEncoded(region)}`]),
  ];
  return `${store}://${bucket}${path === "" ? "" : `/${path}`}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

function directoryPlace(text: string, host: string, path: string, query: string | undefined): Place {
  if (host !== "") throw invalid(text, "names a host", "write three slashes, as in file:///dir");
  if (query !== undefined) throw invalid(text, "a directory takes no parameters", "remove everything from ? on");
  const directory = normalizeBasePath(decode(text, path));
  if (directory === "") throw invalid(text, "is the root directory", "name a directory of its own");
  return { store: "directory", bucket: directory, basePath: "" };
}

function readQuery(text: string, query: string | undefined): { endpoint: string | undefined; region: string | undefined } {
  const parameters = new URLSearchParams(query ?? "");
  for (const key of parameters.keys()) {
    if (!QUERY_KEYS.includes(key))
      throw invalid(text.split("?")[0] ?? "", `unknown parameter ${JSON.stringify(key)}`, didYouMean(key, QUERY_KEYS));
  }
  const endpoint = parameters.get("endpoint") ?? undefined;
  if (endpoint !== undefined && parseEndpoint(endpoint) === undefined) {
    throw invalid(text, "its endpoint is no address", "write it as in endpoint=https://oss-cn-hangzhou.aliyuncs.com");
  }
  return { endpoint, region: parameters.get("region") ?? undefined };
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new AppError("invalid", `${text}: has a broken % escape, write %25 for a percent sign`, { cause, reason: reason("url.invalid") });
  }
}

function encodeSegments(path: string): string {
  return path.split("/").map(percentEncoded).join("/");
}

function invalid(subject: string, wrong: string, fix: string): AppError {
  return new AppError("invalid", `${subject}: ${wrong}, ${fix}`, { reason: reason("url.invalid") });
}
