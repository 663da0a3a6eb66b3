import { copyTask } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { copyBlobs } from "../shared/tick/copyBlobs.ts";

/** Async task: moves one batch of blobs and reports on each. */
export const handler = door("copyBlobs", copyTask, async (task, { world }) => copyBlobs(await world(), task));
