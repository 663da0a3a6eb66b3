import { jobTask } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { continueJob } from "../shared/tick/continueJob.ts";

/** Async task: goes on with one job whose look at its world does not fit a tick. */
export const handler = door("continueJob", jobTask, async ({ job }, { world }) => continueJob(await world(), job));
