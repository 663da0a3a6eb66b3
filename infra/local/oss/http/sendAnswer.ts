import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultBook } from "../faults.ts";
import type { Answer } from "./exchange.ts";
import { OssError } from "./ossError.ts";
import type { Target } from "./parseTarget.ts";
import { xmlDocument } from "./xml.ts";

interface SendOptions {
  /** Absent when the request could not be parsed. */
  target: Target | undefined;
  faults: FaultBook;
  /** Ends pauses when the server closes. */
  signal: AbortSignal;
}

/** Writes the answer, interrupted or paused if a fault applies, and closes its file. */
export async function sendAnswer(response: ServerResponse, answer: Answer, options: SendOptions): Promise<void> {
  try {
    const { target, faults, signal } = options;
    const cut = target === undefined ? undefined : faults.strike("cutBody", target);
    const stall = target === undefined ? undefined : faults.strike("stallBody", target);
    const body = target?.method === "HEAD" ? emptyBody() : bodyOf(answer);
    if (body.sizeBytes === 0 && cut !== undefined) return void response.destroy();
    if (body.sizeBytes === 0 && stall !== undefined) await stallFor(stall.ms, signal, response);
    response.writeHead(answer.status, headersOf(answer, body.sizeBytes));
    const half = Math.floor(body.sizeBytes / 2);
    const cutAt = cut === undefined ? undefined : (cut.afterBytes ?? half);
    const stallAt = stall === undefined ? undefined : (stall.afterBytes ?? half);
    await writeBody(response, body, { cutAt, stallAt, stall: () => stallFor(stall?.ms, signal, response) });
    // Ends the socket instead of the response: the written bytes are sent, but the announced length is never reached.
    if (cut === undefined) response.end();
    else response.socket?.end();
  } finally {
    await answer.content?.file.close();
  }
}

interface Interruptions {
  cutAt: number | undefined;
  stallAt: number | undefined;
  stall(): Promise<void>;
}

async function writeBody(response: ServerResponse, body: Body, { cutAt, stallAt, stall }: Interruptions): Promise<void> {
  let sentBytes = 0;
  for await (const chunk of body.chunks([cutAt, stallAt])) {
    if (sentBytes === stallAt) await stall();
    if (sentBytes === cutAt || response.destroyed) return;
    sentBytes += chunk.length;
    if (!response.write(chunk) && !response.destroyed) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
}

/** The XML document of an error response; anything that is not an {@link OssError} is the server's own fault. */
export function errorAnswer(
  error: unknown,
  requestId: string,
  request: { method?: string | undefined; headers: { host?: string | undefined } },
): Answer {
  const refusal =
    error instanceof OssError ? error : new OssError(500, "InternalError", error instanceof Error ? error.message : String(error));
  const { status, code, message, headers } = refusal;
  const xml = xmlDocument("Error", { Code: code, Message: message, RequestId: requestId, HostId: request.headers.host ?? "" });
  if (status === 304) return { status, headers: { ...headers } };
  // A HEAD response has no body, so OSS returns the same document in a header.
  if (request.method === "HEAD") return { status, headers: { ...headers, "x-oss-err": Buffer.from(xml).toString("base64") } };
  return { status, headers: { ...headers }, xml };
}

function headersOf(answer: Answer, sizeBytes: number): Record<string, string> {
  const type: Record<string, string> = answer.xml === undefined ? {} : { "Content-Type": "application/xml" };
  const length: Record<string, string> = [204, 304].includes(answer.status) ? {} : { "Content-Length": String(sizeBytes) };
  return { ...type, ...length, ...answer.headers };
}

interface Body {
  sizeBytes: number;
  /** Split at the given offsets, so that a fault can apply exactly there. */
  chunks(offsets: readonly (number | undefined)[]): AsyncIterable<Uint8Array>;
}

function bodyOf({ xml, content }: Answer): Body {
  if (xml !== undefined) {
    const bytes = Buffer.from(xml);
    return { sizeBytes: bytes.length, chunks: (offsets) => brokenAt([bytes], offsets) };
  }
  if (content === undefined || content.sizeBytes === 0) return emptyBody();
  const { file, start, sizeBytes } = content;
  const read = () => file.createReadStream({ start, end: start + sizeBytes - 1, autoClose: false, highWaterMark: 256 * 1024 });
  return { sizeBytes, chunks: (offsets) => brokenAt(read() as AsyncIterable<Uint8Array>, offsets) };
}

function emptyBody(): Body {
  return { sizeBytes: 0, chunks: () => brokenAt([], []) };
}

async function* brokenAt(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  offsets: readonly (number | undefined)[],
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of source) {
    const from = at;
    const breaks = offsets.filter((offset): offset is number => offset !== undefined && offset > from && offset < from + chunk.length);
    let sent = 0;
    for (const end of [...breaks.map((offset) => offset - from).sort((a, b) => a - b), chunk.length]) {
      if (end > sent) yield chunk.subarray(sent, end);
      sent = Math.max(sent, end);
    }
    at += chunk.length;
  }
}

/** Waits for the given time, or indefinitely, but never longer than the client and the server exist. */
async function stallFor(ms: number | undefined, signal: AbortSignal, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const over = AbortSignal.any([signal, gone.signal]);
  if (over.aborted) return;
  const waits: Promise<unknown>[] = [once(over, "abort")];
  if (ms !== undefined) waits.push(sleep(ms, undefined, { signal: over }));
  await Promise.race(waits);
}
