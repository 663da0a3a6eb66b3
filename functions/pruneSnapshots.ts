import { policyTimer } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { pruneSnapshots } from "../shared/tick/pruneSnapshots.ts";

/** Timer: thins out a policy's old snapshots, once it was applied by hand. */
export const handler = door("pruneSnapshots", policyTimer, async (timer, { world }) => pruneSnapshots(await world(), timer));
