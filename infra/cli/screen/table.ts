import { shownValue } from "../../../shared/model/plainText.ts";
import { singleLine } from "./colour.ts";
import { COLUMNS, cutMiddle, onScreen, widthOf, wrapped } from "./layout.ts";
import type { Look } from "./look.ts";

export interface Column {
  head: string;
  align?: "left" | "right";
  /** A name: where a table is too wide, names are cut first, in the middle, and each cut one stands whole below its row, to be copied. */
  name?: boolean;
  /** A sentence: broken into lines within the column, or put below the row where the column is too narrow. The last column only. */
  sentence?: boolean;
}

/** A row's cells, or also sentences below it, each on lines of its own. */
export type Row = readonly string[] | FullRow;

interface FullRow {
  cells: readonly string[];
  below: readonly string[];
}

const GAP = "  ";
const BELOW = "    ";
/** Names keep at least this much; other cells at least their heading. */
const NAME_MIN = 16;
const CELL_MIN = 6;
/** In a narrower column a sentence would have a line per word. */
const SENTENCE_MIN = 40;

/**
 * Rows under their headings, separated by two spaces, aligned by display width, at most `width` columns wide. Where cells are cut, no two of a
 * column become the same, and the last line says so if something is left out that stands nowhere whole.
 */
export function tableLines(columns: readonly Column[], rows: readonly Row[], look?: Look, width = COLUMNS): string[] {
  const table = rows.map((row) => cleaned(row, columns, look));
  const fixed = columns.filter(({ sentence }) => !sentence);
  const last = columns[fixed.length];
  const natural = fixed.map(({ head }, at) => widest([head, ...table.map(({ cells }) => cells[at] ?? "")]));
  const sentences = table.map(({ cells }) => cells[fixed.length] ?? "");
  const room = width - sum(natural) - GAP.length * fixed.length;
  const isBeside = last !== undefined && room >= Math.min(SENTENCE_MIN, widest([last.head, ...sentences]));
  const widths = shrunk(fixed, natural, width - GAP.length * (fixed.length - 1));
  const shown = fixed.map((_column, at) =>
    distinct(
      table.map(({ cells }) => cells[at] ?? ""),
      widths[at] ?? 0,
      look,
    ),
  );
  const line = (cells: readonly string[]) => fixed.map(({ align }, at) => padded(cells[at] ?? "", widths[at] ?? 0, align)).join(GAP);
  const heads = line(fixed.map(({ head }) => head));
  const lines = [isBeside ? `${heads}${GAP}${last.head}` : heads.trimEnd()];
  let isLost = fixed.some(({ name }, at) => !name && (widths[at] ?? 0) < (natural[at] ?? 0));
  for (const [at, { below }] of table.entries()) {
    const start = line(shown.map((cells) => cells[at] ?? ""));
    const sentence = sentences[at] ?? "";
    if (isBeside) lines.push(...wrapped(sentence, { width, indent: widthOf(start) + GAP.length, first: `${start}${GAP}` }));
    else lines.push(start.trimEnd());
    const cut = fixed.flatMap(({ head, name }, column) => {
      const cell = table[at]?.cells[column] ?? "";
      if (!name || shown[column]?.[at] === cell) return [];
      return column === 0 ? cell : `${head}: ${cell}`;
    });
    // A name that is longer than a line is broken, and so cannot be copied.
    isLost ||= cut.some((whole) => !whole.includes(" ") && widthOf(whole) > width - BELOW.length);
    const own = [...cut, ...(isBeside || sentence === "" ? [] : [sentence]), ...below];
    for (const text of own) lines.push(...wrapped(text, { width, indent: BELOW.length + GAP.length, first: BELOW }));
  }
  return isLost ? [...lines, `(${signOf(look)} stands for what is left out here; --json has it whole)`] : lines;
}

function cleaned(row: Row, columns: readonly Column[], look: Look | undefined): FullRow {
  const clean = (text: string) => singleLine(look ? onScreen(text, look) : text);
  const cell = (text: string, at: number) => (columns[at]?.name ? clean(shownValue(text)) : clean(text));
  return "cells" in row ? { cells: row.cells.map(cell), below: row.below.map(clean) } : { cells: row.map(cell), below: [] };
}

/** The widths of columns that fit together: the widest name gives first, then the widest of the other cells. */
function shrunk(columns: readonly Column[], natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  const least = columns.map(({ head, name }) => (name ? NAME_MIN : Math.max(CELL_MIN, widthOf(head))));
  while (sum(widths) > room) {
    const open = widths.flatMap((width, at) => (width > (least[at] ?? 0) ? at : []));
    const names = open.filter((at) => columns[at]?.name);
    const [first, ...others] = names.length > 0 ? names : open;
    if (first === undefined) break;
    const at = others.reduce((best, other) => ((widths[other] ?? 0) > (widths[best] ?? 0) ? other : best), first);
    widths[at] = (widths[at] ?? 0) - 1;
  }
  return widths;
}

/** Cells cut to a width so that different ones stay different: a cut cell that looks like another one has a number in its sign. */
function distinct(cells: readonly string[], width: number, look: Look | undefined): string[] {
  const sign = signOf(look);
  const originals = [...new Set(cells)];
  const cuts = originals.map((cell) => cutMiddle(cell, width, sign));
  const shown = new Map<string, string>();
  const used = new Set(originals.filter((cell, at) => cell === cuts[at]));
  for (const cell of used) shown.set(cell, cell);
  const times = new Map<string, number>();
  for (const cut of cuts) times.set(cut, (times.get(cut) ?? 0) + 1);
  const isShared = (cut: string) => used.has(cut) || (times.get(cut) ?? 0) > 1;
  // Thousands of names may look the same: each goes on where the one before ended.
  const numbers = new Map<string, number>();
  for (const [at, cell] of originals.entries()) {
    if (shown.has(cell)) continue;
    const cut = cuts[at] ?? "";
    let [text, number] = [cut, numbers.get(cut) ?? 1];
    for (; isShared(text); number += 1) text = cutMiddle(cell, width, `${sign}${number}${sign}`);
    numbers.set(cut, number);
    used.add(text);
    shown.set(cell, text);
  }
  return cells.map((cell) => shown.get(cell) ?? cell);
}

function signOf(look: Look | undefined): string {
  return look === undefined || look.unicode ? "…" : "...";
}

function padded(cell: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return align === "right" ? space + cell : cell + space;
}

function widest(cells: readonly string[]): number {
  return cells.reduce((most, cell) => Math.max(most, widthOf(cell)), 0);
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}
