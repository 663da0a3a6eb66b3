import { AppError } from "../errors.ts";
import { reason } from "../reason.ts";

/** A second of decoding. */
const FREE_BYTES = 512 * 1024 * 1024;
/** Of inflated bytes and their values for each byte stored: equal fields and templates of real servers take 2,700. */
const BYTES_PER_STORED_BYTE = 3_000;

/** The same of the snapshots' own blobs: names of indices, and of a failed one equal reasons, which take 200. All are read for a list. */
const BYTES_PER_BYTE_OF_RECORD = 300;

/**
 * What the documents that one reader decodes, one after the other, may take in all: a thousand blobs of a few kilobytes that each decode to a
 * hundred megabytes take minutes, and no repository that a server wrote has them.
 */
export interface DecodeBudget {
  /** Counts a blob before it is decoded. */
  admit(storedBytes: number): void;
  /** @throws AppError `permanent` with reason `closure.outOfProportion`: it is not known what is wrong with the blobs, if anything. */
  spend(bytes: number, subject: string): void;
}

export function decodeBudget(times = BYTES_PER_STORED_BYTE): DecodeBudget {
  let leftBytes = FREE_BYTES;
  return {
    admit(storedBytes) {
      leftBytes += storedBytes * times;
    },
    spend(bytes, subject) {
      leftBytes -= bytes;
      if (leftBytes < 0)
        throw new AppError("permanent", `${subject}: this blob and those before it decode to more than ${times} times what is stored`, {
          reason: reason("closure.outOfProportion", { subject, times }),
        });
    },
  };
}

/** For the own blobs of all snapshots of a root. */
export function recordsBudget(): DecodeBudget {
  return decodeBudget(BYTES_PER_BYTE_OF_RECORD);
}
