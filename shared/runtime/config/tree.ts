import { type ReasonParam, reason } from "../../model/reason.ts";
import type { Fault } from "../../repository/fault.ts";

/** Keys and list indices from the top of the file. */
export type Segments = readonly (string | number)[];

/** A fault before its path is converted to text and its value and line are added. */
export interface Finding {
  segments: Segments;
  wrong: string;
  fix: string;
  code: string;
  params?: Readonly<Record<string, ReasonParam>>;
  /** The value under an unknown key may be a secret. */
  hidesValue?: boolean;
}

export function finding(segments: Segments, code: string, wrong: string, fix: string): Finding {
  return { segments, code: `config.${code}`, wrong, fix };
}

/** `http.tokens[0].sha256`. */
export function pathText(segments: Segments): string {
  return segments.map((segment, index) => (typeof segment === "number" ? `[${segment}]` : index === 0 ? segment : `.${segment}`)).join("");
}

/** The value at a path; `undefined` when the path does not exist. */
export function at(tree: unknown, segments: Segments): unknown {
  let node = tree;
  for (const segment of segments) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, segment)) return undefined;
    node = (node as Record<string | number, unknown>)[segment];
  }
  return node;
}

/** The value as a section, or an empty one if it is not a section, so that checks across sections continue when one of them is invalid. */
export function asSection(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Copies a tree and applies `replace` to every text. */
export function mapTexts(node: unknown, replace: (text: string, segments: Segments) => string, segments: Segments = []): unknown {
  if (typeof node === "string") return replace(node, segments);
  if (Array.isArray(node)) return node.map((item, index) => mapTexts(item, replace, [...segments, index]));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, mapTexts(value, replace, [...segments, key])]));
}

/** Maps a fault of the repository rules to its path in the file: `settings.chunk_size` below `repositories.nightly.register`. */
export function findingOf({ path, value, wrong, fix, reason: why }: Fault, below: Segments): Finding {
  const settings = "settings.";
  // A setting's name may contain dots, so only the first dot is a separator.
  const own = path.startsWith(settings) ? ["settings", path.slice(settings.length)] : [path];
  return { segments: [...below, ...own], wrong, fix, code: why.code, params: why.params, hidesValue: value === null };
}

export function reasonOf({ code, params }: Finding) {
  return reason(code, params);
}
