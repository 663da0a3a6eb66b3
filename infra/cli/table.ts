import stringWidth from "string-width";
import { severalLines } from "../../shared/model/plainText.ts";

export interface Column {
  head: string;
  align?: "left" | "right";
}

/** Rows under their headings, separated by two spaces, aligned by display width; the first line contains the headings. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const heads = columns.map(({ head }) => head);
  const safe = rows.map((row) => row.map((cell) => severalLines(cell, { colour: true }).replaceAll("\n", "\\n")));
  const widths = columns.map((_column, index) => Math.max(...[heads, ...safe].map((row) => stringWidth(row[index] ?? ""))));
  return [heads, ...safe].map((row) =>
    columns
      .map(({ align }, index) => padded(row[index] ?? "", widths[index] ?? 0, align))
      .join("  ")
      .trimEnd(),
  );
}

function padded(cell: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(cell)));
  return align === "right" ? space + cell : cell + space;
}
