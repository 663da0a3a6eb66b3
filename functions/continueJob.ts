import { jobTask } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { continueJob } from "../shared/tick/continueJob.ts";

/** Async task: continues one job whose look-up takes longer than a tick allows. */
export const handler = door("continueJob", jobTask, async ({ job }, { world }) => continueJob(await world(), job));
