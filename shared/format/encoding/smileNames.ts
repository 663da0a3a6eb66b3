import type { SmileInput } from "./smileInput.ts";

/** SMILE restarts with an empty table after this many entries. */
const ENTRIES_MAX = 1024;

/** The back references of one document: field names or short string values. */
export interface NameTable {
  readonly isShared: boolean;
  /** Stores the text if the header enables sharing; returns it. */
  add(text: string): string;
  at(index: number): string;
}

/** Long names are shared too: Jackson adds every non-empty name, whatever its length. */
export function nameTable(input: SmileInput, shared: boolean): NameTable {
  let entries: string[] = [];
  return {
    isShared: shared,
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
