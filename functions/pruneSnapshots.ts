import { policyTimer } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { pruneSnapshots } from "../shared/tick/pruneSnapshots.ts";

/** Timer: deletes a policy's expired snapshots, once a person has applied a plan for it. */
export const handler = door("pruneSnapshots", policyTimer, async (timer, { world }) => pruneSnapshots(await world(), timer));
