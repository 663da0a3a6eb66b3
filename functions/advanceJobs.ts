import { tick } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { advanceJobs } from "../shared/tick/advanceJobs.ts";

/** Timer, every minute: polls for changes that no event reported, and advances every open job by one step. */
export const handler = door("advanceJobs", tick, async (_tick, { world }) => advanceJobs(await world()));
