import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { messageOf } from "../../../shared/model/errors.ts";
import type { Door } from "../fc/doors/httpDoor.ts";
import { closeServer, listen } from "../fc/doors/listen.ts";
import { readBody } from "../fc/doors/readBody.ts";
import { type AskedRequest, type Caller, refusalOf, shownAnswer } from "./domainRules.ts";
import { s3AsDirectory } from "./s3AsDirectory.ts";
import { type SigningKeys, sigv4Fault } from "./sigv4.ts";

const BODY_BYTES_MAX = 10 * 1024 * 1024;

export interface DomainOptions {
  /** The real server. */
  target: string;
  /** Of the real server. */
  version: string;
  region: string;
  /** Who may call, by key. */
  callers: readonly (SigningKeys & Caller)[];
  /** Its directories are the buckets. */
  bucketRoot: string;
  /** 0 selects any free port. */
  port: number;
  now?: () => number;
}

export interface Domain extends Door {
  /** `GET /_snapshot 200` */
  requests: string[];
}

/**
 * A stand-in for Amazon's managed service in front of a real Elasticsearch: it verifies signatures with code of its own, refuses what Amazon
 * refuses, and hides what Amazon hides. What is documented and what is reported stands in `domainRules.ts`.
 */
export async function startDomain(options: DomainOptions): Promise<Domain> {
  const buckets = s3AsDirectory(options.bucketRoot);
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    void answerTo(incoming).then(
      ({ status, body }) => {
        requests.push(`${incoming.method} ${incoming.url} ${status}`);
        send(outgoing, status, body);
      },
      (error: unknown) => send(outgoing, 502, { message: messageOf(error) }),
    );
  });
  const port = await listen(server, "Amazon's service", options.port, "127.0.0.1");
  return { port, url: `http://127.0.0.1:${port}`, requests, close: () => closeServer(server) };

  async function answerTo(incoming: IncomingMessage): Promise<Answer> {
    const bytes = await readBody(incoming, BODY_BYTES_MAX);
    if (bytes === undefined) return { status: 413, body: { Message: `Request size exceeded ${BODY_BYTES_MAX} bytes` } };
    const { method = "", url = "" } = incoming;
    const caller = callerOf(incoming, options.callers);
    if (caller === undefined) return { status: 403, body: { message: UNKNOWN_KEY } };
    const signed = { method, url, headers: incoming.headers, body: bytes };
    const fault = caller.keys && sigv4Fault(signed, caller.keys, { region: options.region, service: "es" }, (options.now ?? Date.now)());
    if (fault !== undefined) return { status: 403, body: { message: fault } };
    const path = decodeURIComponent(url.replace(/\?.*$/s, ""));
    const text = bytes.toString("utf8");
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const refused = refusalOf({ method, path, body }, caller, options.version);
    return refused ? { status: refused.status, body: { Message: refused.message } } : carriedOut({ method, path, body }, { url, text });
  }

  async function carriedOut({ method, path, body }: AskedRequest, { url, text }: { url: string; text: string }): Promise<Answer> {
    const [, registered] = /^\/_snapshot\/([^/]+)$/.exec(path) ?? [];
    const sent = method === "PUT" && registered !== undefined ? JSON.stringify(buckets.translated(registered, body)) : text;
    const answer = await forward(options.target, { method, url, text: sent });
    if (answer.status !== 200 || method !== "GET" || !IS_CHANGED.test(path)) return answer;
    const found: unknown = JSON.parse(answer.body);
    return { status: 200, body: shownAnswer(path, path.startsWith("/_snapshot") ? buckets.shown(found) : found) };
  }
}

interface Answer {
  status: number;
  body: unknown;
}

/** Everything else is passed on as it is: numbers above 2^53 must arrive as they were written. */
const IS_CHANGED = /^\/(_cluster\/state(\/.*)?|_snapshot(\/[^/]+)?)$/;

const UNKNOWN_KEY = "The security token included in the request is invalid.";
const ANONYMOUS: Caller = { arn: "anonymous", actions: [], passes: [] };

/** `undefined` for a key that Amazon does not know. */
function callerOf({ headers }: IncomingMessage, callers: DomainOptions["callers"]): (Caller & { keys?: SigningKeys }) | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return ANONYMOUS;
  const found = callers.find(({ accessKeyId }) => authorization.includes(`Credential=${accessKeyId}/`));
  return found && { ...found, keys: found };
}

function forward(target: string, { method, url, text }: { method: string; url: string; text: string }) {
  const { hostname, port } = new URL(target);
  const headers = text === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = request({ hostname, port, method, path: url, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 502, body: Buffer.concat(chunks).toString("utf8") }));
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

function send(outgoing: ServerResponse, status: number, body: unknown): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  outgoing.writeHead(status, { "content-type": "application/json; charset=UTF-8", "content-length": Buffer.byteLength(text) });
  outgoing.end(text);
}
