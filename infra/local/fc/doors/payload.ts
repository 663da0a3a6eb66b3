import { AppError } from "../../../../shared/model/errors.ts";
import { reason } from "../../../../shared/model/reason.ts";

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/product-overview/limits-of-usage */
export const SYNC_PAYLOAD_BYTES_MAX = 32 * 1024 * 1024;
export const ASYNC_PAYLOAD_BYTES_MAX = 128 * 1024;

/** Bytes and texts are sent unchanged, anything else as JSON. */
export type Payload = Uint8Array | string | object;

/** Errors: `invalid` with reason `payload.tooLarge` above the platform's limit. */
export function payloadBytes(functionName: string, payload: Payload, bytesMax: number): Uint8Array {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
  if (bytes.length <= bytesMax) return bytes;
  throw new AppError("invalid", `function ${functionName}: payload of ${bytes.length} bytes exceeds the maximum of ${bytesMax} bytes`, {
    reason: reason("payload.tooLarge", { function: functionName, bytes: bytes.length, bytesMax }),
  });
}
