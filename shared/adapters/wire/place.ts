import type { IncomingMessage } from "node:http";
import { boundedAnswer } from "../blobs/answers.ts";
import { answerWithin } from "../blobs/body.ts";
import { type Base, baseOf } from "../blobs/keys.ts";
import { Refusal } from "../blobs/refusal.ts";
import { textOf } from "../blobs/xmlText.ts";
import type { WireCall } from "./client.ts";
import type { Action, Dialect } from "./dialect.ts";

/** Recognised as the words of a parser: the answer is not of the store. */
const NO_ERROR_DOCUMENT = "Deserialization error: no error document";

export interface WirePlaceOptions {
  /** No leading or trailing slash; "" for the root of the bucket. */
  basePath: string;
  requestTimeoutMs: number;
  idleTimeoutMs: number;
}

/** A bucket and base path, with what accesses it. */
export interface WirePlace {
  dialect: Dialect;
  url: string;
  base: Base;
  idleTimeoutMs: number;
  /** For messages: the url with the key, and the call. */
  subject(key: string, call: string): string;
  /** An answer below 300, with a limit for its headers; its body is the caller's. Maps errors. */
  ask(action: Action, subject: string, call: WireCall): Promise<IncomingMessage>;
  /** The same with its whole body as text. */
  askText(action: Action, subject: string, call: WireCall): Promise<{ text: string; headers: IncomingMessage["headers"] }>;
  /** Like `ask`, but undefined when the bucket exists and the key does not, and "past the end" for a range behind the blob. */
  askOfKey(subject: string, call: WireCall): Promise<IncomingMessage | "past the end" | undefined>;
}

export function wirePlace(dialect: Dialect, { basePath, requestTimeoutMs, idleTimeoutMs }: WirePlaceOptions): WirePlace {
  const { send } = dialect;
  const url = basePath === "" ? dialect.url : `${dialect.url}/${basePath}`;

  async function answered(call: WireCall): Promise<IncomingMessage> {
    const answer = await send(call);
    if ((answer.statusCode ?? 0) >= 300) throw await refusalOf(answer, call);
    return answer;
  }

  async function refusalOf(answer: IncomingMessage, { method }: WireCall): Promise<Refusal> {
    const text = Buffer.from(await boundedAnswer(answer, url, idleTimeoutMs)).toString();
    // A HEAD has no body; OSS writes the same document into a header.
    const { "x-oss-err": inHeader } = answer.headers;
    return readRefusal(answer, method === "HEAD" && typeof inHeader === "string" ? Buffer.from(inHeader, "base64").toString() : text);
  }

  function readRefusal({ statusCode = 0, headers }: IncomingMessage, text: string): Refusal {
    const code = textOf(text, "Code");
    const said = code === undefined && text !== "" ? NO_ERROR_DOCUMENT : (textOf(text, "Message") ?? "");
    const requestId = headers[dialect.requestIdHeader] ?? textOf(text, "RequestId");
    const flat = headers as Refusal["headers"];
    return new Refusal({ status: statusCode, code, requestId: typeof requestId === "string" ? requestId : undefined, headers: flat }, said);
  }

  const within = <T>(action: Action, subject: string, call: WireCall, work: () => Promise<T>): Promise<T> =>
    answerWithin(work(), subject, { idleTimeoutMs: requestTimeoutMs, sentBytes: call.body?.byteLength ?? 0 }).catch((fault: unknown) => {
      throw dialect.error(fault, subject, action);
    });

  return {
    dialect,
    url,
    base: baseOf(basePath, url),
    idleTimeoutMs,
    subject: (key, call) => `${url}/${key}: ${call}`,
    ask: (action, subject, call) => within(action, subject, call, () => answered(call)),
    askText: (action, subject, call) =>
      within(action, subject, call, async () => {
        const answer = await answered(call);
        const text = Buffer.from(await boundedAnswer(answer, dialect.url, idleTimeoutMs)).toString();
        // S3 may begin to answer 200 before it knows the outcome of a long call.
        if (/^(?:<\?xml[^>]*>)?\s*<Error>/.test(text)) throw readRefusal(answer, text);
        return { text, headers: answer.headers };
      }),
    askOfKey: (subject, call) =>
      within("GetObject", subject, call, () => answered(call).catch((fault: unknown) => withoutBlob(fault, call))),
  };

  /** What a refusal says that only means that there is no such key, or nothing in the range; throws any other. */
  async function withoutBlob(fault: unknown, { key }: WireCall): Promise<"past the end" | undefined> {
    if (!(fault instanceof Refusal)) throw fault;
    if (fault.status === 416) return "past the end";
    const full = fault.code === undefined && [403, 404].includes(fault.status) ? await fullRefusal(fault, key) : fault;
    if (full instanceof Refusal && full.code === "NoSuchKey") return undefined;
    throw full;
  }

  /** Requests one byte, because only a response with a body contains an error code; the first one if the key exists by now. */
  async function fullRefusal(first: Refusal, key: string): Promise<unknown> {
    try {
      (await answered({ method: "GET", key, headers: { range: "bytes=0-0" } })).resume();
    } catch (fault) {
      return fault;
    }
    return first.status === 404 ? new Error("the key appeared while it was asked for") : first;
  }
}
