import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RecordedRequest {
  method: string;
  /** Path and query as received. */
  url: string;
  headers: IncomingMessage["headers"];
  body: unknown;
  /** The body as received: parsed numbers may have lost digits. */
  text: string;
}

export interface FakeServer {
  url: string;
  requests: RecordedRequest[];
  close(): Promise<void>;
}

export interface Answer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Accepts the request and never responds. */
  silent?: boolean;
  /** Cuts the connection. */
  cut?: boolean;
}

/** A real HTTP server that gives the configured answers and records the requests. */
export async function fakeServer(answer: (request: RecordedRequest) => Answer): Promise<FakeServer> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const request = {
      method: incoming.method ?? "",
      url: incoming.url ?? "",
      headers: incoming.headers,
      body: text === "" ? undefined : JSON.parse(text),
      text,
    };
    requests.push(request);
    give(outgoing, answer(request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function give(outgoing: ServerResponse, { status = 200, body = {}, headers = {}, silent = false, cut = false }: Answer): void {
  if (silent) return;
  if (cut) {
    outgoing.destroy();
    return;
  }
  const isText = typeof body === "string";
  outgoing.writeHead(status, { "content-type": isText ? "text/html" : "application/json", ...headers });
  outgoing.end(isText ? body : JSON.stringify(body));
}
