import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

export interface CountingProxy {
  port: number;
  /** `GET /_snapshot/R/_all` → number of requests; names are replaced. */
  counts(): Record<string, number>;
  /** From the first request with this method to the end of the last one's answer; 0 if there was none. */
  spanMs(method: string): number;
  reset(): void;
  close(): Promise<void>;
}

/** Forwards every request to an Elasticsearch on this machine and counts it. */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const counts = new Map<string, number>();
  const spans = new Map<string, { first: number; last: number }>();
  const forward = (from: IncomingMessage, to: ServerResponse) => {
    const call = `${from.method} ${shapeOf(from.url ?? "/")}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
    const method = from.method ?? "";
    const first = spans.get(method)?.first ?? performance.now();
    to.on("close", () => spans.set(method, { first, last: performance.now() }));
    const onward = request({ hostname, port, method: from.method, path: from.url, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    from.pipe(onward);
  };
  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    counts: () => Object.fromEntries([...counts].sort()),
    spanMs: (method) => {
      const { first = 0, last = 0 } = spans.get(method) ?? {};
      return last - first;
    },
    reset: () => {
      counts.clear();
      spans.clear();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function shapeOf(url: string): string {
  const [path = ""] = url.split("?");
  return decodeURIComponent(path)
    .split("/")
    .map((segment, at, all) => {
      if (segment === "" || segment.startsWith("_")) return segment;
      return segment.includes(",") ? "several" : all[at - 1] === "_snapshot" ? "R" : "one";
    })
    .join("/");
}
