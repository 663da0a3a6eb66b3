import type { MakeCheck } from "./check.ts";
import { neverWaits, refusesWhenInDoubt, secretsShowNowhere } from "./conduct.ts";
import { onlyOwnBlobs, readableThroughout } from "./copies.ts";
import { everythingEnds } from "./ending.ts";
import { workHappensOnce } from "./once.ts";
import { onlyWhatThePlanSaid } from "./prunes.ts";
import { nothingBroughtAlong, provenAndForward } from "./restores.ts";
import { oneSuccessPerSlot } from "./slots.ts";

/** The invariants by their numbers; 0 is that all comes to an end. */
export const CHECKS: readonly MakeCheck[] = [
  oneSuccessPerSlot,
  onlyOwnBlobs,
  readableThroughout,
  provenAndForward,
  onlyWhatThePlanSaid,
  neverWaits,
  workHappensOnce,
  nothingBroughtAlong,
  refusesWhenInDoubt,
  secretsShowNowhere,
  everythingEnds,
];
