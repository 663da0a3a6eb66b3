import { type ReasonParam, reason } from "../../model/reason.ts";
import type { Fault } from "../../repository/fault.ts";

/** Keys and positions from the top of the file. */
export type Segments = readonly (string | number)[];

/** A fault before it is given its path as text, its value and its line. */
export interface Finding {
  segments: Segments;
  wrong: string;
  fix: string;
  code: string;
  params?: Readonly<Record<string, ReasonParam>>;
  /** What stands under a key that nobody knows may be a secret. */
  hidesValue?: boolean;
}

export function finding(segments: Segments, code: string, wrong: string, fix: string): Finding {
  return { segments, code: `config.${code}`, wrong, fix };
}

/** `http.tokens[0].sha256`. */
export function pathText(segments: Segments): string {
  return segments.map((segment, index) => (typeof segment === "number" ? `[${segment}]` : index === 0 ? segment : `.${segment}`)).join("");
}

/** What stands at a path; `undefined` when the way ends before. */
export function at(tree: unknown, segments: Segments): unknown {
  let node = tree;
  for (const segment of segments) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, segment)) return undefined;
    node = (node as Record<string | number, unknown>)[segment];
  }
  return node;
}

/** The value as a section, empty when it is none: checks across sections go on when one of them is broken. */
export function asSection(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Copies a tree, giving every text to `replace`. */
export function mapTexts(node: unknown, replace: (text: string, segments: Segments) => string, segments: Segments = []): unknown {
  if (typeof node === "string") return replace(node, segments);
  if (Array.isArray(node)) return node.map((item, index) => mapTexts(item, replace, [...segments, index]));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, mapTexts(value, replace, [...segments, key])]));
}

/** Takes a fault of the repository rules into the file: `settings.chunk_size` below `repositories.nightly.register`. */
export function findingOf({ path, value, wrong, fix, reason: why }: Fault, below: Segments): Finding {
  const settings = "settings.";
  // A setting's own name may hold dots, so only the first one separates.
  const own = path.startsWith(settings) ? ["settings", path.slice(settings.length)] : [path];
  return { segments: [...below, ...own], wrong, fix, code: why.code, params: why.params, hidesValue: value === null };
}

export function reasonOf({ code, params }: Finding) {
  return reason(code, params);
}
