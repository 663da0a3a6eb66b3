import type { Registration } from "../../model/config.ts";
import { printByteSize, readByteSize } from "../byteSize.ts";

/** The repository setting that limits what each node restores in a second. */
export const RESTORE_RATE = "max_restore_bytes_per_sec";

/** Less restores a gigabyte in more than eleven days, and is a slip such as `80b`. */
const LEAST_BYTES = 1024;

/**
 * Why a text is no rate: Elasticsearch refuses numbers without a unit and calls fractions deprecated; 0 and less mean no limit to it. `undefined`
 * for a rate.
 */
export function restoreRateFault(text: string): string | undefined {
  const size = readByteSize(text);
  if (size === undefined || !size.hasUnit || size.isFractional || size.bytes < LEAST_BYTES)
    return "is not a rate; write whole bytes a second with a unit, such as 80mb (kb, mb, gb; at least 1kb)";
  return undefined;
}

/** As written, or as it is registered: whether two rates are the same; `undefined` is the default of the cluster's version. */
export function isSameRate(one: string | number | boolean | undefined, other: string | number | boolean | undefined): boolean {
  return canonical(one) === canonical(other);
}

function canonical(rate: string | number | boolean | undefined): string | undefined {
  const bytes = rate === undefined ? undefined : readByteSize(rate)?.bytes;
  return bytes === undefined ? rate?.toString() : printByteSize(bytes);
}

/** The registration with another rate. */
export function withRestoreRate<R extends Registration>(register: R, rate: string): R {
  return { ...register, settings: { ...register.settings, [RESTORE_RATE]: rate } };
}
