import { parse, stringify } from "yaml";
import { firstBlock } from "./docBlocks.ts";

/** The commands of docs/migrating.md, in their order. */
export function migratingCommands(): string[] {
  return firstBlock("docs/migrating.md", "sh").split("\n");
}

/** The example configuration with the entry of docs/migrating.md in place of its policy, its copy and its watch. */
export function withMigratingEntry(example: string): string {
  return stringify({ ...parse(example), backups: {}, copies: {}, watches: {}, ...parse(firstBlock("docs/migrating.md", "yaml")) });
}
