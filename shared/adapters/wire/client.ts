import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import type { Address } from "./address.ts";
import { readingIntoSharedMemory } from "./sharedReading.ts";
import { encodedPath, type Query, sortedQuery } from "./signing/encoding.ts";
import type { WireSigner } from "./signing/request.ts";

/** A reachable endpoint completes the TCP and TLS handshakes long before this. */
const CONNECTION_TIMEOUT_MS = 10_000;
/** More connections to one host than the workers ever use at once; a safety limit. */
const SOCKETS_MAX = 128;
/** Shorter than any store keeps an idle connection, so that a request seldom meets one that was closed, also after an instance was frozen. */
const IDLE_CONNECTION_MS = 4_000;
/**
 * Of the process, not of a store: an instance that moves one batch after the other would otherwise connect, over TLS, for every fourth blob. Requests
 * carry their own keys.
 */
const OPTIONS = { keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_CONNECTION_MS };
const AGENTS = {
  http: readingIntoSharedMemory(new http.Agent(OPTIONS)),
  https: readingIntoSharedMemory(new https.Agent(OPTIONS)),
};

export interface WireCall {
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** In the bucket; "" for the bucket itself. */
  key: string;
  query?: Query;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
}

/** Sends signed requests over connections that are kept. */
export type WireClient = (call: WireCall) => Promise<IncomingMessage>;

export interface WireClientOptions {
  address: Address;
  sign: WireSigner;
  /** Before the key in the path that is signed, where it is not the one that is sent. */
  signedPath: string;
  requestTimeoutMs: number;
}

/** Answers with the headers of a response, whatever its status; rejects with Node's own errors. Does not retry. */
export function wireClient({ address, sign, signedPath, requestTimeoutMs }: WireClientOptions): WireClient {
  const { isSecure, hostname, port, host, path } = address;
  const library = isSecure ? https : http;
  const agent = isSecure ? AGENTS.https : AGENTS.http;
  const connectMs = Math.min(CONNECTION_TIMEOUT_MS, requestTimeoutMs);
  const place = `${isSecure ? "https" : "http"}://${hostname}${port === undefined ? "" : `:${port}`}`;
  const to = { agent, hostname: hostname.replace(/^\[|\]$/g, ""), port, timeout: requestTimeoutMs };
  return ({ method, key, query = [], headers = {}, body }) => {
    const length = body === undefined ? {} : { "content-length": String(body.byteLength) };
    const signed = sign({ method, host, path: signedPath + key, query, headers }, new Date());
    return new Promise((resolve, reject) => {
      const request = library.request({ ...to, method, path: targetOf(path + key, query), headers: { ...signed, ...length } });
      let answer: IncomingMessage | undefined;
      const giveUp = (what: string) => {
        // From here on the body has limits of its own.
        if (answer === undefined) request.destroy(new Error(what));
      };
      request.once("response", (response) => {
        answer = response;
        resolve(response);
      });
      request.on("timeout", () => giveUp("the request timed out"));
      request.on("error", (error: NodeJS.ErrnoException) => reject(unanswered(error, `${method} ${place}`)));
      request.once("socket", (socket) => {
        if (socket.connecting) limitConnecting(socket, isSecure ? "secureConnect" : "connect", connectMs);
      });
      request.end(body);
    });
  };
}

/** On its own, because its listeners live as long as the connection, and would keep the body of its first request. */
function limitConnecting(socket: Socket, connected: string, limitMs: number): void {
  const timer = setTimeout(() => socket.destroy(new Error("the connection timed out")), limitMs);
  const stop = () => clearTimeout(timer);
  socket.once(connected, stop);
  socket.once("close", stop);
}

function targetOf(path: string, query: Query): string {
  const pairs = sortedQuery(query).map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  return pairs.length === 0 ? encodedPath(path) : `${encodedPath(path)}?${pairs.join("&")}`;
}

/** Names the place as the vendors' clients do, from whose texts the fault is read. A bug in a call stays one. */
function unanswered(error: NodeJS.ErrnoException, request: string): Error {
  if (error instanceof TypeError) return error;
  return new Error(`${error.message}${error.code === undefined ? "" : ` ${error.code}`}, ${request}`);
}
