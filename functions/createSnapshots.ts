import { createSnapshots } from "../shared/run/createSnapshots.ts";
import { policyTimer } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";

/** Timer: starts this slot's snapshot of a policy. */
export const handler = door("createSnapshots", policyTimer, async (timer, { world }) => createSnapshots(await world(), timer));
