import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { messageOf } from "../../../shared/model/errors.ts";
import { sharedRepositoryName } from "../../../shared/model/instances/instances.ts";
import { API_SCHEME, acs3Fault, mayDo, type SigningKeys } from "../fc/doors/acs3Signature.ts";
import type { Door } from "../fc/doors/httpDoor.ts";
import { closeServer, listen } from "../fc/doors/listen.ts";
import { readBody } from "../fc/doors/readBody.ts";
import { newRequestId } from "../fc/doors/requestId.ts";
import { ApiRefusal, type BookedInstance, type InstanceBook } from "./instanceBook.ts";

const BODY_BYTES_MAX = 64 * 1024;
const VERSION = "2017-06-13";

/** What befalls the next requests of one action. `lost`: it is carried out, and the connection ends without an answer. */
export type ApiFault = { statusCode: number; code: string } | "lost";

export interface ElasticsearchApiOptions {
  book: InstanceBook;
  /** 0 selects any free port. */
  port: number;
  address?: string | undefined;
  /** The only accepted key. */
  credentials: SigningKeys;
  /** Where what it keeps is, for resources in policies: `cn-hangzhou:1234567890123456`. */
  location?: string | undefined;
  /** The reference shows members in both spellings. */
  spelling?: "Result" | "result" | undefined;
  now?: (() => number) | undefined;
}

export interface ElasticsearchApi extends Door {
  /** Every request that carried a valid signature: `AddSnapshotRepo es-cn-b ?clientToken=…`. */
  requests: string[];
  failNext(action: string, fault: ApiFault, times?: number): void;
}

interface Asked {
  book: InstanceBook;
  target: string;
  query: URLSearchParams;
  body: Buffer;
}

interface Operation {
  action: string;
  method: string;
  path: RegExp;
  run(asked: Asked): unknown;
}

const INSTANCE = "/openapi/instances/([^/]+)";
const reference = ({ id }: BookedInstance) => ({ instanceId: id, repoPath: id });
const OPERATIONS: readonly Operation[] = [
  {
    action: "DescribeInstance",
    method: "GET",
    path: new RegExp(`^${INSTANCE}$`),
    run({ book, target }) {
      const { id, esVersion, status } = book.instance(target);
      return { instanceId: id, esVersion, status, protocol: "HTTP", port: 9200, domain: `${id}.elasticsearch.aliyuncs.com` };
    },
  },
  {
    action: "ListSnapshotReposByInstanceId",
    method: "GET",
    path: new RegExp(`^${INSTANCE}/snapshot-repos$`),
    run: ({ book, target }) =>
      book.shared(target).map((source) => ({
        ...reference(source),
        snapWarehouse: sharedRepositoryName(source.id),
        status: source.status === "active" ? "available" : "unavailable",
      })),
  },
  {
    action: "ListAlternativeSnapshotRepos",
    method: "GET",
    path: new RegExp(`^${INSTANCE}/alternative-snapshot-repos$`),
    run: ({ book, target, query }) => book.alternatives(target, query.get("alreadySetItems") === "true").map(reference),
  },
  {
    action: "AddSnapshotRepo",
    method: "POST",
    path: new RegExp(`^${INSTANCE}/snapshot-repos$`),
    run: ({ book, target, query, body }) => book.add(target, repoPathIn(body), query.get("clientToken") ?? undefined),
  },
  {
    action: "DeleteSnapshotRepo",
    method: "DELETE",
    path: new RegExp(`^${INSTANCE}/snapshot-repos$`),
    run: ({ book, target, query }) => book.remove(target, query.get("repoPath") ?? "", query.get("clientToken") ?? undefined),
  },
];

function repoPathIn(body: Buffer): string {
  try {
    const { repoPath } = JSON.parse(body.toString("utf8"));
    if (typeof repoPath === "string" && repoPath !== "") return repoPath;
  } catch {
    // Told below: no JSON is as wrong as none of its members.
  }
  throw new ApiRefusal(400, "InvalidParameter", "repoPath is missing in the request body.");
}

/** The five operations of Alibaba Cloud's OpenAPI for Elasticsearch about shared repositories, signatures verified. Errors: `conflict` when the port is in use. */
export async function startElasticsearchApi(options: ElasticsearchApiOptions): Promise<ElasticsearchApi> {
  const { port, address = "127.0.0.1", now = Date.now } = options;
  const requests: string[] = [];
  const faults = new Map<string, ApiFault[]>();
  const server = createServer((request, response) => {
    const requestId = newRequestId(now());
    void answerOf(request, { ...options, now }, requests, faults)
      .catch((error: unknown) => refusalOf(error))
      .then((answer) => send(response, requestId, answer, options.spelling));
  });
  const boundPort = await listen(server, "Elasticsearch API", port, address);
  return {
    port: boundPort,
    url: `http://${address}:${boundPort}`,
    close: () => closeServer(server),
    requests,
    failNext: (action, fault, times = 1) => void faults.set(action, Array<ApiFault>(times).fill(fault)),
  };
}

interface Answer {
  statusCode: number;
  body: Record<string, unknown> | "lost";
}

async function answerOf(
  request: IncomingMessage,
  { book, credentials, location = "*:*", now = Date.now }: ElasticsearchApiOptions,
  requests: string[],
  faults: Map<string, ApiFault[]>,
): Promise<Answer> {
  const { method = "GET", url = "/", headers } = request;
  const body = (await readBody(request, BODY_BYTES_MAX)) ?? Buffer.alloc(0);
  const wrong = acs3Fault({ method, url, headers, body }, credentials, now(), API_SCHEME);
  if (wrong !== undefined) throw new ApiRefusal(wrong.statusCode, wrong.code, wrong.message);
  const { pathname, searchParams: query, search } = new URL(url, "http://api");
  const operation = OPERATIONS.find((one) => one.method === method && one.path.test(pathname));
  const isAsked = operation !== undefined && headers["x-acs-action"] === operation.action && headers["x-acs-version"] === VERSION;
  if (!isAsked) throw new ApiRefusal(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.");
  const target = decodeURIComponent(operation.path.exec(pathname)?.[1] ?? "");
  if (!mayDo(credentials, { action: `elasticsearch:${operation.action}`, resource: `acs:elasticsearch:${location}:instances/${target}` }))
    throw new ApiRefusal(403, "NoPermission", "You are not authorized to do this action.");
  requests.push(`${operation.action} ${target} ${search}`.trimEnd());
  const fault = faults.get(operation.action)?.shift();
  if (fault !== undefined && fault !== "lost") throw new ApiRefusal(fault.statusCode, fault.code, "A fault of the test.");
  const result = await operation.run({ book, target, query, body });
  return { statusCode: 200, body: fault === "lost" ? "lost" : { Result: result } };
}

function refusalOf(error: unknown): Answer {
  const { statusCode, code } = error instanceof ApiRefusal ? error : { statusCode: 500, code: "InternalServerError" };
  return { statusCode, body: { Code: code, Message: messageOf(error) } };
}

function send(response: ServerResponse, requestId: string, { statusCode, body }: Answer, spelling: "Result" | "result" = "Result"): void {
  if (body === "lost") {
    response.destroy();
    return;
  }
  const all: Record<string, unknown> = { ...body, RequestId: requestId };
  const spelled = spelling === "Result" || statusCode !== 200 ? all : { result: all.Result, requestId };
  response.writeHead(statusCode, { "content-type": "application/json", "x-acs-request-id": requestId }).end(JSON.stringify(spelled));
}
