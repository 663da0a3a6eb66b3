import { onCopiedBlobs } from "../shared/run/onCopiedBlob.ts";
import { copiedBlobs } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";

/** OSS event: a root blob arrived; is a snapshot whole now? */
export const handler = door("onCopiedBlob", copiedBlobs, async (blobs, { world }) => onCopiedBlobs(await world(), blobs));
