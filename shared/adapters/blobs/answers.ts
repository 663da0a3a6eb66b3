import type { Readable } from "node:stream";
import { AppError } from "../../model/errors.ts";
import { collect, guardedBody } from "./body.ts";

/**
 * Of an answer that is no blob. A page of a listing has 1,000 keys of at most 1,023 bytes, of which XML may make six times as many.
 */
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Pages in a row without a new key: S3 returns such pages where it passes over many deleted versions. */
const IDLE_PAGES_MAX = 20;

export function answerTooLarge(subject: string): AppError {
  const limit = `${ANSWER_BYTES_MAX / 1024 / 1024} MB`;
  return new AppError("transient", `${subject}: an answer of more than ${limit}, which no listing has: is the endpoint right?`);
}

/** The bytes of an answer that is no blob, within the limits of a body. @throws AppError `transient` if it is larger than any. */
export async function boundedAnswer(body: Readable, subject: string, idleTimeoutMs: number): Promise<Uint8Array> {
  return collect(guardedBody({ body, sizeBytes: undefined, mostBytes: ANSWER_BYTES_MAX, idleTimeoutMs, subject }), subject);
}

/** Another document, such as the page of a proxy, has no keys, and must not be taken for an empty bucket. */
export function noListing(subject: string, service: string): AppError {
  return new AppError(
    "transient",
    `${subject}: the answer is no listing of ${service}, such as the page of a proxy: is the endpoint right?`,
  );
}

interface Page {
  /** The last key of the page, as the store names it. */
  lastKey: string | undefined;
  isTruncated: boolean;
  token: string | undefined;
}

/**
 * Checks the pages of one listing as they arrive and returns the token of the next one; `undefined` after the last.
 * @throws AppError `transient` for a listing that does not go on.
 */
export function pageWalk(subject: string): (page: Page) => string | undefined {
  let [newest, idle]: [Buffer, number] = [Buffer.alloc(0), 0];
  let before: string | undefined;
  return ({ lastKey, isTruncated, token }) => {
    if (!isTruncated) return undefined;
    const wrong = (what: string) => new AppError("transient", `${subject}: the listing ${what}: is the endpoint right?`);
    if (token === undefined) throw new AppError("transient", `${subject}: the listing is cut and names no next page`);
    if (token === before) throw wrong("names the same next page twice");
    before = token;
    const last = Buffer.from(lastKey ?? "");
    const isNew = Buffer.compare(last, newest) > 0;
    idle = isNew ? 0 : idle + 1;
    if (isNew) newest = last;
    if (idle > IDLE_PAGES_MAX) throw wrong(`has ${idle} pages in a row without a new key`);
    return token;
  };
}
