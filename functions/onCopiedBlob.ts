import { copiedBlobs } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { onCopiedBlobs } from "../shared/tick/onCopiedBlob.ts";

/** OSS event: a root blob arrived; is a snapshot whole now? */
export const handler = door("onCopiedBlob", copiedBlobs, async (blobs, { world }) => onCopiedBlobs(await world(), blobs));
