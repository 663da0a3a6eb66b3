import { ownValue } from "../../model/tables/ownValue.ts";

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const ENTITY_PATTERN = /&(?:#(\d+)|#x([0-9a-fA-F]+)|(amp|lt|gt|quot|apos));/g;

/** The text of the first such element; `undefined` without one. For documents whose elements have no attributes and do not nest in themselves. */
export function textOf(xml: string, tag: string): string | undefined {
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
