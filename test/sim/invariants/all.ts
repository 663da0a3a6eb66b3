import type { MakeCheck } from "./check.ts";
import { neverWaits, refusesWhenInDoubt, secretsShowNowhere } from "./conduct.ts";
import { onlyOwnBlobs, readableThroughout } from "./copies.ts";
import { everythingEnds } from "./ending.ts";
import { workHappensOnce } from "./once.ts";
import { onlyWhatThePlanSaid } from "./prunes.ts";
import { nothingBroughtAlong, provenAndForward } from "./restores.ts";
import { oneSuccessPerSlot } from "./slots.ts";

/** The invariants by number; 0 means that everything finishes. */
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
