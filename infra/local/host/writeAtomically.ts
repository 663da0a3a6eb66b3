import { renameSync, writeFileSync } from "node:fs";

/** Replaces a file atomically, even if this process is killed at any point; a power failure may still undo the write. */
export function writeAtomically(path: string, text: string, mode = 0o600): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
}
