import type { SmileInput } from "./smileInput.ts";

/** SMILE starts over with an empty table after this many entries. */
const ENTRIES_MAX = 1024;

/** The back references of one document: names of fields, or short string values. */
export interface NameTable {
  /** Remembers the text when the header says that texts are shared; gives it back. */
  add(text: string): string;
  at(index: number): string;
}

/** Long names are shared as well: Jackson adds every name but the empty one, whatever its length. */
export function nameTable(input: SmileInput, shared: boolean): NameTable {
  let entries: string[] = [];
  return {
    add(text) {
      if (!shared) return text;
      if (entries.length === ENTRIES_MAX) entries = [];
      entries.push(text);
      return text;
    },
    at(index) {
      const text = entries[index];
      if (text === undefined) throw input.fault(`reference to text ${index} of ${entries.length}`);
      return text;
    },
  };
}
