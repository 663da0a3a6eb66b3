import { copiedBlobs } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { onCopiedBlobs } from "../shared/tick/onCopiedBlob.ts";

/** OSS event: a root blob arrived; checks whether a snapshot is now whole. */
export const handler = door("onCopiedBlob", copiedBlobs, async (blobs, { world }) => onCopiedBlobs(await world(), blobs));
