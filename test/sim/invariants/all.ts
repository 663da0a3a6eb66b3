import type { MakeCheck } from "./check.ts";
import { neverWaits, refusesWhenInDoubt, secretsShowNowhere } from "./conduct.ts";
import { listsAgain, onlyOwnBlobs, readableThroughout } from "./copies.ts";
import { everythingEnds } from "./ending.ts";
import { deletesOnlyItsOwn, doneMeansDone, startsNothingBesideOthers } from "./lanes.ts";
import { noNightIsLost } from "./nights.ts";
import { workHappensOnce } from "./once.ts";
import { overwritesWithCare } from "./overwrites.ts";
import { onlyWhatThePlanSaid } from "./prunes.ts";
import { movesTogether, nothingBroughtAlong, provenBeforeRestored, servesForward } from "./restores.ts";
import { oneSuccessPerSlot } from "./slots.ts";

/** The invariants by number; 0 means that everything finishes. */
export const CHECKS: readonly MakeCheck[] = [
  oneSuccessPerSlot,
  noNightIsLost,
  onlyOwnBlobs,
  readableThroughout,
  listsAgain,
  provenBeforeRestored,
  servesForward,
  movesTogether,
  overwritesWithCare,
  onlyWhatThePlanSaid,
  neverWaits,
  startsNothingBesideOthers,
  workHappensOnce,
  doneMeansDone,
  nothingBroughtAlong,
  refusesWhenInDoubt,
  deletesOnlyItsOwn,
  secretsShowNowhere,
  everythingEnds,
];
