import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import { reason } from "../../model/reason.ts";
import type { ConfigFault } from "./configError.ts";
import type { Segments } from "./tree.ts";

/** Far above any real configuration; a larger text is a different file. */
const SOURCE_CHARACTERS_MAX = 1_000_000;
/** Aliases can expand a small text to gigabytes. */
const ALIASES_MAX = 100;
/** The configuration has six levels; an alias that refers to itself would never end. */
const DEPTH_MAX = 20;

export interface Source {
  /** Plain data with unresolved placeholders. */
  tree: unknown;
  /** The line of a path, or of the nearest enclosing section. */
  lineOf(segments: Segments): number | undefined;
}

type Reading = { source: Source; faults: [] } | { source: undefined; faults: ConfigFault[] };

/** Parses YAML (and JSON, a subset). The parser's messages quote the text, including secrets, so its codes get messages without quotes. */
export function readSource(text: string): Reading {
  if (text.length > SOURCE_CHARACTERS_MAX) return refused(undefined, "too long", `keep it within ${SOURCE_CHARACTERS_MAX} characters`);
  if (text.includes("\0")) return refused(undefined, "not a text in UTF-8", "save the file as UTF-8");
  try {
    return writtenByUs(text) ?? parseSource(text);
  } catch (error) {
    // Thrown by the parser for too many aliases.
    if (!(error instanceof ReferenceError)) throw error;
    return refused(undefined, "repeats an alias too often", "write the values out");
  }
}

/**
 * The text beside a bundle is JSON as it was written there, so that it has no key twice: an instance that starts needs no YAML for it, but for the
 * line of a fault.
 */
function writtenByUs(text: string): Reading | undefined {
  const tree = text.startsWith("{") ? parsedJson(text) : undefined;
  if (tree === undefined || `${JSON.stringify(tree, undefined, 2)}\n` !== text || isTooDeep(tree)) return undefined;
  return { source: { tree, lineOf: (segments) => parseSource(text).source?.lineOf(segments) }, faults: [] };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseSource(text: string): Reading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: "error" });
  const faults = [...document.errors, ...document.warnings].map(({ code, pos }) => {
    const [wrong, fix] = syntaxFault(code);
    return textFault(lines.linePos(pos[0]).line, wrong, fix);
  });
  // One mistake causes many parser errors, so only the first fault of each line is reported.
  const first = faults.filter(({ line }, index) => faults.findIndex((other) => other.line === line) === index);
  if (first.length > 0) return { source: undefined, faults: first };
  const tree: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
  if (isTooDeep(tree)) return refused(undefined, "nested too deeply, or refers to itself", "write the values out");
  return { source: { tree, lineOf: (segments) => lineOf(document, lines, segments) }, faults: [] };
}

function refused(line: number | undefined, wrong: string, fix: string): Reading {
  return { source: undefined, faults: [textFault(line, wrong, fix)] };
}

function isTooDeep(node: unknown, depth = 0): boolean {
  if (typeof node !== "object" || node === null) return false;
  return depth >= DEPTH_MAX || Object.values(node).some((child) => isTooDeep(child, depth + 1));
}

const SYNTAX: Readonly<Record<string, readonly [wrong: string, fix: string]>> = {
  DUPLICATE_KEY: ["the same key twice in one section", "keep one of them"],
  TAB_AS_INDENT: ["indented with a tab", "indent with spaces"],
  MULTIPLE_DOCS: ["a second document begins", "keep one document and remove the --- line"],
  TAG_RESOLVE_FAILED: ["a tag (!…), which has no meaning here", "remove the tag"],
  BLOCK_AS_IMPLICIT_KEY: ["a second colon in one line", "put the value in quotes"],
  BAD_SCALAR_START: ["a value that begins with a reserved character", "put the value in quotes"],
  MISSING_CHAR: ["a quote, comma or bracket is missing", "close what was opened"],
  RESOURCE_EXHAUSTION: ["nested too deeply", "write the values out"],
  NON_STRING_KEY: ["a key that is no text", "put the key in quotes"],
};

/** A fault of the YAML parser, by its code: its own messages quote the text. */
export function syntaxFault(code: string): readonly [wrong: string, fix: string] {
  return SYNTAX[code] ?? ["not readable as YAML", "check the indentation, brackets and quotes on this line"];
}

function textFault(line: number | undefined, wrong: string, fix: string): ConfigFault {
  return { path: "text", line, value: null, wrong, fix, reason: reason("config.syntax") };
}

function lineOf(document: Document, lines: LineCounter, segments: Segments): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const segment of segments) {
    if (isAlias(node)) node = node.resolve(document);
    const step = stepInto(node, segment);
    if (step === undefined) break;
    offset = step.offset ?? offset;
    node = step.node;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

function stepInto(node: unknown, segment: string | number): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
    return pair === undefined ? undefined : { node: pair.value, offset: startOf(pair.key) };
  }
  if (!isSeq(node) || typeof segment !== "number") return undefined;
  const item = node.items[segment];
  return item === undefined ? undefined : { node: item, offset: startOf(item) };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
