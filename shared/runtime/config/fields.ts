import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { ALIAS_FIX, aliasFault } from "../../model/aliases/aliasName.ts";
import { encodedDateMath } from "../../plan/backup/dateMath.ts";
import { DURATION_PATTERN, parseDuration } from "../../repository/duration.ts";
import { cronProblem, type FieldProblem, timeZoneProblem } from "./cron.ts";

/** For editors: a placeholder is permitted wherever a text is. */
const PLACEHOLDER_PATTERN = String.raw`^.*\$\{(?:kms:[A-Za-z0-9_/+=.@-]{1,192}|[A-Za-z_][A-Za-z0-9_]*)\}.*$`;

/** These names become part of snapshot names and of keys in the state. */
export const NAME_PATTERN = "^[a-z0-9][a-z0-9-]{0,30}$";
/** Existing repositories often have underscores (`aliyun_auto_snapshot`), and their names are used in keys only. */
const REPOSITORY_NAME_PATTERN = "^[a-z0-9][a-z0-9_-]{0,79}$";

export const NAME_FIXES: Readonly<Record<string, string>> = {
  [`/${NAME_PATTERN}/`]: "write at most 31 lower-case letters, digits and -, a letter or digit first",
  [`/${REPOSITORY_NAME_PATTERN}/`]: "write at most 80 lower-case letters, digits, - and _, a letter or digit first",
};

export function name() {
  return z.string().regex(new RegExp(NAME_PATTERN));
}

export function repositoryName() {
  return z.string().regex(new RegExp(REPOSITORY_NAME_PATTERN));
}

export function text(title: string, description: string) {
  return z.string().min(1).meta({ title, description });
}

/**
 * A text with its own check; the problem found is passed on as the issue's params.
 * @param more `ofNumber` is the fix for a number in its place, where quotes would not help.
 */
export function checkedText(
  title: string,
  description: string,
  check: (value: string) => FieldProblem | undefined,
  { pattern, ofNumber }: { pattern?: string; ofNumber?: string } = {},
) {
  const field = z.string({ error: ({ input }) => (typeof input === "number" ? ofNumber : undefined) }).superRefine((value, context) => {
    const problem = check(value);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem.wrong, params: { ...problem } });
  });
  return field.meta({ title, description, ...(pattern === undefined ? {} : { pattern: `${pattern}|${PLACEHOLDER_PATTERN}` }) });
}

export function duration(title: string, description: string, options: { zero?: boolean } = {}) {
  const fix = "write a number and a unit such as 90s, 30m, 4h or 2d";
  const check = (value: string): FieldProblem | undefined => {
    const durationMs = parseDuration(value);
    if (durationMs === undefined) return { code: "duration", wrong: "not a duration", fix };
    return durationMs > 0 || options.zero === true ? undefined : { code: "duration", wrong: "a duration of nothing", fix };
  };
  return checkedText(title, description, check, { pattern: DURATION_PATTERN, ofNumber: fix });
}

/** A duration, `always` or `never`. */
export function protection(title: string, description: string) {
  const fix = "write a duration such as 30d, or always, or never";
  const check = (value: string): FieldProblem | undefined =>
    ["always", "never"].includes(value) || (parseDuration(value) ?? 0) > 0
      ? undefined
      : { code: "duration", wrong: "not a duration, always or never", fix };
  return checkedText(title, description, check, { pattern: `${DURATION_PATTERN}|^(always|never)$`, ofNumber: fix });
}

export function alias(title: string, description: string) {
  return checkedText(title, description, (value) => {
    const wrong = aliasFault(value);
    return wrong === undefined ? undefined : { code: "alias", wrong: `an alias that ${wrong}`, fix: ALIAS_FIX };
  });
}

/** A name or pattern of indices of a snapshot; there is no date math. */
export function oneIndexPattern(title: string, description: string) {
  return checkedText(title, description, (value) => {
    if (value === "") return { code: "empty", wrong: "an empty text", fix: "write a name or a pattern" };
    if (value.includes(",")) return { code: "indexList", wrong: "several names in one text", fix: "write one name, or a pattern for all" };
    if (value.startsWith("-"))
      return { code: "indexName", wrong: "an exclusion, and nothing is selected", fix: "write a name or a pattern" };
    return wrongName(value);
  });
}

/** A name or pattern of indices, as Elasticsearch allows names; date math stays, because the cluster resolves it. */
export function indexPattern(title: string, description: string) {
  return checkedText(title, description, (value) => {
    if (value === "") return { code: "empty", wrong: "an empty text", fix: "write a name or a pattern" };
    if (encodedDateMath(value) !== undefined) return undefined;
    if (/^-?<.*>$/.test(value)) return wrongDateMath(value);
    if (value.includes(",")) return { code: "indexList", wrong: "several names in one text", fix: listFix(value) };
    return wrongName(value);
  });
}

/** Braces of date math, whose own syntax is checked where it is resolved. */
const MATH = /(\{[^{}]*(?:\{[^{}]*\})?[^{}]*\})/;

/** What stands around the date math becomes part of the name. */
function wrongDateMath(value: string): FieldProblem | undefined {
  const parts = value.split(MATH);
  const around = parts.filter((_, at) => at % 2 === 0).join("0");
  if (around.includes(",")) return { code: "indexList", wrong: "several names in one text", fix: "write each as an item of the list" };
  const problem = wrongName(around.replace(/[<>]/g, ""));
  if (problem?.code !== "indexCase") return problem;
  const lower = parts.map((part, at) => (at % 2 === 0 ? part.toLowerCase() : part)).join("");
  return { ...problem, fix: `write ${lower}` };
}

function wrongName(value: string): FieldProblem | undefined {
  const [character] = NO_INDEX.exec(value) ?? [];
  if (character !== undefined) {
    const wrong = `a name with ${character.trim() === "" ? "a blank" : character}, which no index has`;
    return { code: "indexName", wrong, fix: "remove that character" };
  }
  if (/^-?\.{1,2}$/.test(value)) return { code: "indexName", wrong: "dots alone, which no index has", fix: "write a name or a pattern" };
  const [, start] = /^-?([_+])/.exec(value) ?? [];
  if (start !== undefined) {
    const fix = /^-?_all$/.test(value) ? "write *" : "write a name or a pattern";
    return { code: "indexName", wrong: `a name that begins with ${start}, which no index has`, fix };
  }
  const bytes = Buffer.byteLength(value.replace(/^-/, "").replaceAll("*", ""));
  if (bytes > INDEX_BYTES_MAX) {
    const wrong = `a name of ${bytes} bytes, which no index has`;
    return { code: "indexLong", wrong, fix: `write at most ${INDEX_BYTES_MAX} bytes, or a pattern` };
  }
  if (value === value.toLowerCase()) return undefined;
  return { code: "indexCase", wrong: "a name with capitals, which no index has", fix: `write ${value.toLowerCase()}` };
}

function listFix(value: string): string {
  const names = value.split(",").map((name) => name.trim().toLowerCase());
  const usable = names.filter((name) => name !== "" && !NO_INDEX.test(name));
  return usable.length === 0 ? "write a list of names" : `write [${usable.map((name) => `"${name}"`).join(", ")}]`;
}

/** Of the name of an index, on every version. */
const INDEX_BYTES_MAX = 255;

/** Characters that no version allows in the name of an index; `*` is of patterns. */
const NO_INDEX = /[\s\\/?"<>|#]/;

/** A snapshot's name with `*`; snapshot names are lower case on every version. */
export function snapshotPattern(title: string, description: string) {
  return checkedText(title, description, (value) => {
    if (value === "") return { code: "empty", wrong: "an empty text", fix: "write a name with *, such as curator-*" };
    if (value !== value.toLowerCase())
      return { code: "patternCase", wrong: "a name with capitals, which no snapshot has", fix: `write ${value.toLowerCase()}` };
    if (/[\s\\/?"<>|,#]/.test(value))
      return {
        code: "patternName",
        wrong: "a pattern with a character that no snapshot's name has",
        fix: "write one name with *, no list",
      };
    return undefined;
  });
}

export function cron(description: string) {
  return checkedText("Cron", description, cronProblem);
}

export function timeZone() {
  return checkedText("Time zone", "IANA name in which the cron is meant: Asia/Shanghai.", timeZoneProblem);
}

/** @param secrets a webhook's URL may contain a token, and is never shown; a cluster's address is. */
export function httpUrl(title: string, description: string, secrets: { inQuery: boolean }) {
  const check = (value: string): FieldProblem | undefined => {
    const fix = secrets.inQuery ? "write it as in https://hooks.example.com/ossnap" : "write it as in http://127.0.0.1:9200";
    if (!URL.canParse(value) || !/^https?:\/\/[^/]/i.test(value)) return { code: "url", wrong: "not an http(s) URL", fix };
    const { username, password } = new URL(value);
    const userFix = secrets.inQuery ? "put a token into the query or path" : "give them as username and password";
    if (username !== "" || password !== "") return { code: "urlCredentials", wrong: "a URL with credentials in it", fix: userFix };
    if (new URL(value).hostname.includes("..")) return { code: "url", wrong: "a URL with an empty part in its host", fix };
    return secrets.inQuery ? undefined : addressProblem(value);
  };
  return checkedText(title, description, check);
}

/** A cluster may be below a path of a proxy; a name with _ is one of Elasticsearch's own. */
function addressProblem(value: string): FieldProblem | undefined {
  if (/[?#]/.test(value))
    return { code: "urlQuery", wrong: "a URL with a query, which may contain a secret", fix: "remove everything from ? on" };
  const { pathname, origin } = new URL(value);
  return pathname.startsWith("/_") ? { code: "url", wrong: `the URL of an API (${pathname})`, fix: `write ${origin}` } : undefined;
}

const FINGERPRINT_PATTERN = "^(?:[0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$";

export function fingerprint(title: string, description: string) {
  const fix = "write the SHA-256 fingerprint of the CA's certificate as 64 hex digits, with or without colons";
  const check = (value: string) =>
    new RegExp(FINGERPRINT_PATTERN).test(value) ? undefined : { code: "fingerprint", wrong: "not a SHA-256 fingerprint", fix };
  return checkedText(title, description, check, { pattern: FINGERPRINT_PATTERN });
}

/** A certificate in PEM form, or the path of a file with one. */
export function certificate(title: string, description: string) {
  return checkedText(title, description, (value) => {
    if (value.trim() === "") return { code: "empty", wrong: "an empty text", fix: "write a path, or the certificate in PEM form" };
    return isPem(value) ? pemProblem(value) : undefined;
  });
}

export function isPem(value: string): boolean {
  return value.includes("-----BEGIN ");
}

/** The problem of a text that should be one or more certificates in PEM form, if any. */
export function pemProblem(text: string): FieldProblem | undefined {
  if (text.includes("PRIVATE KEY"))
    return { code: "certificate", wrong: "a private key, which only the CA may have", fix: "give the CA's certificate" };
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const isReadable = blocks.length > 0 && blocks.every(isCertificate);
  return isReadable
    ? undefined
    : { code: "certificate", wrong: "no certificate in PEM form", fix: "give the whole text from BEGIN CERTIFICATE to END CERTIFICATE" };
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined;
  } catch {
    return false;
  }
}

const SHA256_PATTERN = "^[0-9a-f]{64}$";

export function sha256(title: string, description: string) {
  const fix = "write the token's SHA-256 as 64 lower-case hex digits";
  const check = (value: string) => (new RegExp(SHA256_PATTERN).test(value) ? undefined : { code: "sha256", wrong: "not a SHA-256", fix });
  return checkedText(title, description, check, { pattern: SHA256_PATTERN });
}

export function isoDate(title: string, description: string) {
  const fix = "write it as 2026-01-31 or 2026-01-31T00:00:00Z";
  const check = (value: string): FieldProblem | undefined =>
    z.union([z.iso.date(), z.iso.datetime({ offset: true })]).safeParse(value).success
      ? undefined
      : { code: "date", wrong: "not a date", fix };
  return checkedText(title, description, check);
}
