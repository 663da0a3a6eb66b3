import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";

/**
 * A write into a repository; a refusal because the cluster has it registered read-only names the way out, as its own reason.
 * @param request sends the write.
 */
export async function writingInto<T>(repository: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof AppError) || error.reason?.code !== "repository.readonly") throw error;
    const why = reason("repository.readonlyThere", { repository, message: error.message });
    throw new AppError(error.code, error.message, { cause: error, reason: why });
  }
}
