import { policyTimer } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { createSnapshots } from "../shared/tick/createSnapshots.ts";

/** Timer: starts a policy's snapshot for this slot. */
export const handler = door("createSnapshots", policyTimer, async (timer, { world }) => createSnapshots(await world(), timer));
