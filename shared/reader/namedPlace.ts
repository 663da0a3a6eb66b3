import { AppError, hasCode } from "../model/errors.ts";
import { reason } from "../model/reason.ts";

/** Reads a place that a person named; a bucket or directory that does not exist is then a wrong name, not a failure. */
export async function onNamedPlace<T>(place: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!hasCode(error, "absent") || (error.reason && error.reason.code !== "place.absent")) throw error;
    throw new AppError("absent", error.message, { reason: reason("place.absent", { place }), cause: error });
  }
}
