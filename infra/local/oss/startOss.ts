import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AppError } from "../../../shared/model/errors.ts";
import { createFaults, type FaultBook, type Faults, strikeBeforeWork } from "./faults.ts";
import { authenticate, type OssCredentials } from "./http/authenticate.ts";
import { authorize, requireFor } from "./http/authorize.ts";
import type { Answer, Exchange, OssContext } from "./http/exchange.ts";
import { fileErrorCode, foreignBucket } from "./http/ossError.ts";
import { parseTarget, type Target } from "./http/parseTarget.ts";
import { refuseUnknownWrites, withOssNames } from "./http/s3Dialect.ts";
import { errorAnswer, sendAnswer } from "./http/sendAnswer.ts";
import { createEventSender, type EventRule, type OssEvent } from "./objectEvents.ts";
import { operations } from "./operations/operations.ts";
import { createObjectStore } from "./store/objectStore.ts";
import { createUploadStore } from "./store/uploadStore.ts";
import { type VirtualBucket, withVirtualBuckets } from "./store/virtualBuckets.ts";

export interface OssOptions<Rule extends EventRule = EventRule> {
  /** Contains one directory per bucket; must exist. */
  root: string;
  /** 0 selects a free port. */
  port: number;
  host?: string;
  /** `cn-hangzhou`, with or without `oss-`. */
  region: string;
  /** Read on every request, so keys can be added and rotated while the server runs. */
  credentials: readonly OssCredentials[];
  /** Buckets with versioning enabled: they ignore `x-oss-forbid-overwrite`, as on OSS. No versions are stored. */
  versionedBuckets?: readonly string[];
  rules?: readonly Rule[];
  /** Not awaited by the request that caused it; an error it throws becomes an unhandled rejection. */
  onEvent?(rule: Rule, event: OssEvent): void | Promise<void>;
  /** Buckets by name that are computed instead of stored; read-only. */
  virtualBuckets?: Readonly<Record<string, VirtualBucket>>;
  /** Buckets of another account, which deny everything. */
  foreignBuckets?: readonly string[];
  /** The account in owners and events. */
  accountId?: string;
}

export interface OssServer {
  /** `http://127.0.0.1:9411`, the `endpoint` for a client. */
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  readonly requests: RequestCounts;
  /** Closes immediately: terminates open connections and drops late events. */
  close(): Promise<void>;
}

interface RequestCounts {
  /** `{PutObject: 3, ListObjectsV2: 1}`: every parsable request, including rejected ones. */
  counts(): Record<string, number>;
  /** The same of what is billed: answers of 2xx and 3xx. */
  billed(): Record<string, number>;
  reset(): void;
}

const DEFAULT_ACCOUNT_ID = "1234567890123456";

/** Longer than ali-oss keeps an idle connection (15 s); otherwise both sides race and requests fail with "socket hang up". */
const KEEP_ALIVE_MS = 75_000;

interface Running extends OssContext {
  options: OssOptions;
  counts: Map<string, number>;
  billed: Map<string, number>;
  signal: AbortSignal;
  sendEvents: ReturnType<typeof createEventSender>;
}

/**
 * Serves a directory as Alibaba Cloud OSS for unmodified ali-oss clients and for S3 clients.
 * Errors: `conflict` when the port is in use.
 */
export async function startOss<Rule extends EventRule = EventRule>(options: OssOptions<Rule>): Promise<OssServer> {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const faults = createFaults();
  const counts = new Map<string, number>();
  const billed = new Map<string, number>();
  const running = { ...(await createRunning(options as unknown as OssOptions, faults, counts, closing.signal)), billed };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
    void answerRequest(running, request, response);
  });
  const host = options.host ?? "127.0.0.1";
  const port = await listen(server, options.port, host);
  return {
    url: `http://${host}:${port}`,
    port,
    faults,
    requests: {
      counts: () => Object.fromEntries(counts),
      billed: () => Object.fromEntries(billed),
      reset() {
        counts.clear();
        billed.clear();
      },
    },
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function createRunning(
  options: OssOptions,
  faults: FaultBook,
  counts: Map<string, number>,
  signal: AbortSignal,
): Promise<Omit<Running, "billed">> {
  const store = withVirtualBuckets(await createObjectStore(options.root), options.virtualBuckets ?? {});
  const region = options.region.replace(/^oss-/, "");
  const accountId = options.accountId ?? DEFAULT_ACCOUNT_ID;
  const onEvent = options.onEvent ?? (() => {});
  const sendEvents = createEventSender({ rules: options.rules ?? [], onEvent, region, accountId, faults, signal });
  const isVersioned = (bucket: string): boolean => options.versionedBuckets?.includes(bucket) === true;
  const uploads = createUploadStore(store.uploadsDirectory);
  return { options, store, uploads, faults, region, accountId, isVersioned, counts, signal, sendEvents };
}

/** Never rejects: a fault of the server itself becomes a 500, and a disconnected client needs no answer. */
async function answerRequest(running: Running, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomBytes(12).toString("hex").toUpperCase();
  const { faults, signal } = running;
  response.setHeader("x-oss-request-id", requestId);
  response.setHeader("Server", "AliyunOSS");
  let target: Target | undefined;
  let answer: Answer;
  try {
    target = parseTarget(request);
    running.counts.set(target.operation, (running.counts.get(target.operation) ?? 0) + 1);
    answer = await work(running, target, request, requestId);
    if (answer.status < 400) running.billed.set(target.operation, (running.billed.get(target.operation) ?? 0) + 1);
  } catch (error) {
    answer = errorAnswer(error, requestId, request);
  }
  if (answer.created !== undefined && target !== undefined) {
    running.sendEvents(target, answer.created, { requestId, sourceAddress: request.socket.remoteAddress ?? "", time: new Date() });
  }
  // Once the headers are sent, closing the connection is the only way to signal that the body failed.
  await sendAnswer(response, answer, { target, faults, signal }).catch(() => response.destroy());
}

async function work(running: Running, target: Target, body: IncomingMessage, requestId: string): Promise<Answer> {
  const { options, faults, region, signal } = running;
  const { dialect, policies } = authenticate(target, { credentials: options.credentials, region, now: new Date() });
  refuseUnknownWrites(target);
  if (target.bucket !== undefined && options.foreignBuckets?.includes(target.bucket)) throw foreignBucket();
  const required = requireFor(target, policies);
  authorize(target, required);
  await strikeBeforeWork(faults, target, signal);
  const exchange: Exchange = {
    ...running,
    target: dialect === "s3" ? withOssNames(target) : target,
    bucket: target.bucket ?? "",
    dialect,
    require: required,
    requestId,
    body,
  };
  return operations[target.operation](exchange);
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  }).catch((error: unknown) => {
    if (fileErrorCode(error) !== "EADDRINUSE") throw error;
    throw new AppError("conflict", `port ${port} (OSS stand-in) is in use: stop what listens there or choose another port`, {
      cause: error,
    });
  });
  return (server.address() as AddressInfo).port;
}
