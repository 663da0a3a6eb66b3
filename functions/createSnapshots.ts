import { policyTimer } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { createSnapshots } from "../shared/tick/createSnapshots.ts";

/** Timer: starts this slot's snapshot of a policy. */
export const handler = door("createSnapshots", policyTimer, async (timer, { world }) => createSnapshots(await world(), timer));
