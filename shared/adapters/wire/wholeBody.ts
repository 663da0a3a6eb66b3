import type { IncomingMessage } from "node:http";
import { GET_BYTES_MAX } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { bodyCut, endedEarly, isTooSlow, stalled, tooLarge, tooSlow } from "../blobs/body.ts";
import { type Taking, takeDirectly } from "./sharedReading.ts";

export interface WholeBodyOptions {
  body: IncomingMessage;
  /** As announced. */
  sizeBytes: number;
  idleTimeoutMs: number;
  subject: string;
}

/**
 * A body of announced size in one array, with the limits and errors of `guardedBody`. Events instead of an iterator: of a blob of a few KB that
 * is a third of the work.
 */
export function wholeBody({ body, sizeBytes, idleTimeoutMs, subject }: WholeBodyOptions): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    let whole: Uint8Array | undefined;
    let seenBytes = 0;
    let isOver = false;
    let taking: Taking | undefined;
    const timer = setTimeout(() => end(new AppError("transient", stalled(subject, idleTimeoutMs))), idleTimeoutMs);
    const end = (fault?: AppError) => {
      isOver = true;
      clearTimeout(timer);
      taking?.end();
      if (fault === undefined) return resolve(whole ?? new Uint8Array(0));
      body.destroy();
      reject(fault);
    };
    const take = (piece: Uint8Array) => {
      if (isOver) return;
      timer.refresh();
      if (taking?.isValid(piece) === false) return end(bodyCut(subject, new Error("a piece was handed over late")));
      if (seenBytes + piece.byteLength > sizeBytes) return end(endedEarly(subject, seenBytes + piece.byteLength, sizeBytes));
      if (piece.byteLength === sizeBytes) whole = piece;
      else {
        // Outside of the pool that small buffers share.
        whole ??= Buffer.allocUnsafeSlow(sizeBytes);
        whole.set(piece, seenBytes);
        taking ??= takeDirectly(body);
      }
      seenBytes += piece.byteLength;
      const waitedMs = performance.now() - startedMs;
      if (isTooSlow({ seenBytes, waitedMs, idleTimeoutMs })) end(tooSlow(subject, seenBytes, waitedMs));
    };
    if (sizeBytes > GET_BYTES_MAX) return end(tooLarge(subject));
    body.on("data", take);
    body.once("end", () => end(seenBytes === sizeBytes ? undefined : endedEarly(subject, seenBytes, sizeBytes)));
    const cut = (error?: Error) => {
      if (!isOver) end(bodyCut(subject, error ?? new Error("the connection was closed")));
    };
    body.on("error", cut);
    // Also where no other event tells so: a connection that was lost before anybody listened.
    body.once("close", () => cut());
  });
}
