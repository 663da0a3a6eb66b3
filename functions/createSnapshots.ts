import { policyTimer } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { onTimer } from "../shared/tick/onTimer.ts";

/** Timer: starts the snapshots of all policies that are due at its time. */
export const handler = door("createSnapshots", policyTimer, async (timer, { world }) => onTimer(await world(), "createSnapshots", timer));
