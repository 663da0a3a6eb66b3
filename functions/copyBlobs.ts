import { copyTask } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { copyBlobs } from "../shared/tick/copyBlobs.ts";

/** Async task: copies one batch of blobs and records the batch's result. */
export const handler = door("copyBlobs", copyTask, async (task, { world }) => copyBlobs(await world(), task));
