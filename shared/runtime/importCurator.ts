import { parse, stringify } from "yaml";
import * as z from "zod";
import { AppError, messageOf } from "../model/errors.ts";
import type { Reason } from "../model/reason.ts";
import { type CuratorAction, importCurator } from "../plan/curator.ts";
import { issueText } from "./issueText.ts";

const filter = z.looseObject({ filtertype: z.string() });
const action = z.looseObject({ action: z.string(), options: z.looseObject({}).nullish(), filters: z.array(filter).nullish() });
const actionFile = z.looseObject({ actions: z.record(z.string(), action) });

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
  const { backups, notes } = importCurator(actionsOf(file));
  return { yaml: stringify({ backups }), notes };
}

function actionsOf(file: unknown): CuratorAction[] {
  const found = actionFile.safeParse(file);
  if (found.success)
    return Object.entries(found.data.actions).map(([id, { action: kind, options, filters }]) => ({
      id,
      action: kind,
      options: options ?? {},
      filters: filters ?? [],
    }));
  const [issue] = found.error.issues;
  const wrong = issue && issue.path.length > 0 ? issueText(issue) : "the file must be an object";
  throw new AppError("invalid", `not an action file of Curator: ${wrong}; write actions: with numbered actions`);
}
