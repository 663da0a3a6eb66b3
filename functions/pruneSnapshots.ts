import { policyTimer } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { onTimer } from "../shared/tick/onTimer.ts";

/** Timer: deletes the expired snapshots of all policies that are due, once a person has applied a plan for them. */
export const handler = door("pruneSnapshots", policyTimer, async (timer, { world }) => onTimer(await world(), "pruneSnapshots", timer));
