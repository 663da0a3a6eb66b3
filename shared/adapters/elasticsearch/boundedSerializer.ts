import v8 from "node:v8";
import { errors } from "@elastic/elasticsearch";
import { Serializer } from "@elastic/transport";
import { inMegabytes, isHeavyJson } from "../../model/memory/weights.ts";
import { OVER_MEMORY } from "./errors/errors.ts";

/** Beside the text itself, which takes up to a third. */
const SHARE_OF_HEAP = 0.4;
/** A shorter text cannot be heavy, and is not copied to be looked at. */
const TEXT_FREE = 2 * 1024 * 1024;

/** A body of a few megabytes may hold millions of empty objects: their number is looked at before they are built. */
export class BoundedSerializer extends Serializer {
  override deserialize<T>(json: string): T {
    const maxBytes = Math.floor(v8.getHeapStatistics().heap_size_limit * SHARE_OF_HEAP);
    if (json.length > TEXT_FREE && isHeavyJson(Buffer.from(json), maxBytes))
      throw new errors.DeserializationError(`${OVER_MEMORY} ${inMegabytes(maxBytes)} of memory`, json.slice(0, 200));
    return super.deserialize<T>(json);
  }
}
