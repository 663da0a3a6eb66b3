import { tick } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { advanceJobs } from "../shared/tick/advanceJobs.ts";

/** Timer, every minute: looks for what no event told, and moves every open job one step on. */
export const handler = door("advanceJobs", tick, async (_tick, { world }) => advanceJobs(await world()));
