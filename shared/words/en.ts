import { AMAZON } from "./en/amazon.ts";
import { COPIES } from "./en/copies.ts";
import { DELETIONS } from "./en/deletions.ts";
import { IMPORTS } from "./en/imports.ts";
import { MIGRATIONS } from "./en/migrations.ts";
import { OVERWRITING } from "./en/overwriting.ts";
import { PREFLIGHTS } from "./en/preflights.ts";
import { PRUNES } from "./en/prunes.ts";
import { ROLLBACKS } from "./en/rollbacks.ts";
import { ROOTS } from "./en/roots.ts";
import { SHARING } from "./en/sharing.ts";
import { STATES } from "./en/states.ts";
import { VERBS } from "./en/verbs.ts";
import { WAYS_OUT } from "./en/waysOut.ts";
import { WORLD } from "./en/world.ts";
import { WRITERS } from "./en/writers.ts";

/** One sentence per reason code, for people. `{name}` is a parameter, `{name:bytes}` a size, `{name:duration}` a duration in seconds: see say.ts. */
export const EN: Readonly<Record<string, string>> = {
  ...{ ...VERBS, ...COPIES, ...PRUNES, ...PREFLIGHTS, ...ROLLBACKS, ...OVERWRITING, ...WORLD },
  ...{ ...WAYS_OUT, ...DELETIONS, ...WRITERS, ...IMPORTS, ...ROOTS, ...SHARING, ...AMAZON, ...MIGRATIONS, ...STATES },
};
