import { configured, type World } from "../../jobs/world.ts";
import { jobId } from "../../model/jobId.ts";
import type { MigrationInput, MigrationJob, Part } from "./types.ts";

/** What a warm pass adds to the name of each alias. */
export const NEXT = "-next";

/** The aliases of ossnap.yaml with their patterns; without any, each index is found under the name that it has on the source. */
export function aliasesOf(
  { config }: Pick<World, "config">,
  migration: string,
  indices: readonly string[],
): Readonly<Record<string, string>> {
  return configured(config, "watches", migration).restore.aliases ?? Object.fromEntries(indices.map((index) => [index, index]));
}

export function isWarming({ warm, mode }: Pick<MigrationInput, "warm" | "mode">): boolean {
  return warm === true && mode === "sync";
}

/** Those that this pass moves; the cut-over takes the second names along, so that what it leaves is deleted in its time. */
export function aliasesMoved(
  input: Pick<MigrationInput, "warm" | "mode">,
  aliases: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (!input.warm) return aliases;
  const next = Object.fromEntries(Object.entries(aliases).map(([alias, indices]) => [alias + NEXT, indices]));
  return isWarming(input) ? next : { ...aliases, ...next };
}

/** The job that does this part of it; asked for again, it is the same. */
export function partId({ id, intent: { input } }: Pick<MigrationJob, "id" | "intent">, part: Part): string {
  return part === "backup" && input.ofSlot ? jobId.backup(input.name, input.slot) : jobId.byKey(part, id);
}
