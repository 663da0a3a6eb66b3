import { renameSync, writeFileSync } from "node:fs";

/** Writes a file that is either the old or the new one, wherever this process is killed; a power cut may still undo it. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
}
