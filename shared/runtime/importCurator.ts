import { parse, stringify } from "yaml";
import { AppError, messageOf } from "../model/errors.ts";
import type { Reason } from "../model/reason.ts";
import { importCurator } from "./curator.ts";

export interface ImportedText {
  /** The section `backups:` of ossnap.yaml. */
  yaml: string;
  notes: Reason[];
}

/** YAML of a Curator action file to YAML of ossnap.yaml. Errors: `invalid` for no YAML, or no action file. */
export function importCuratorText(text: string): ImportedText {
  let file: unknown;
  try {
    file = parse(text);
  } catch (error) {
    throw new AppError("invalid", `not YAML: ${messageOf(error)}`, { cause: error });
  }
  const { backups, notes } = importCurator(file);
  return { yaml: stringify({ backups }), notes };
}
