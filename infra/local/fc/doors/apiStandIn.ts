import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { AppError, messageOf } from "../../../../shared/model/errors.ts";
import type { AsyncTask } from "../asyncTask.ts";
import type { FunctionHost } from "../host.ts";
import { API_SCHEME, acs3Fault, functionResource, keysOf, mayDo, type SigningKeys } from "./acs3Signature.ts";
import type { Door } from "./httpDoor.ts";
import { closeServer, listen } from "./listen.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "./payload.ts";
import { readBody } from "./readBody.ts";
import { newRequestId } from "./requestId.ts";

export interface FcApiOptions {
  host: FunctionHost;
  /** 0 selects any free port. */
  port: number;
  address?: string | undefined;
  /** The accepted keys; read on every request. */
  credentials: SigningKeys | readonly SigningKeys[];
  /** For checking the age of signatures. */
  now?: (() => number) | undefined;
}

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: Uint8Array | string;
}

interface Call {
  host: FunctionHost;
  request: IncomingMessage;
  body: Buffer;
  requestId: string;
}

/** An operation's action in policies is its name; of these two functions the resource counts. */
interface Route {
  method: string;
  path: RegExp;
  action: string;
  operation: Operation;
}

type Operation = (call: Call, functionName: string, taskId: string) => Promise<Answer> | Answer;

const PREFIX = "/2023-03-30/functions";
const ROUTES: Route[] = [
  { method: "POST", path: new RegExp(`^${PREFIX}/([^/]+)/invocations$`), action: "fc:InvokeFunction", operation: invokeFunction },
  { method: "GET", path: new RegExp(`^${PREFIX}/([^/]+)/async-tasks/([^/]+)$`), action: "fc:GetAsyncTask", operation: getAsyncTask },
  { method: "PUT", path: new RegExp(`^${PREFIX}/([^/]+)/async-tasks/([^/]+)/stop$`), action: "fc:StopAsyncTask", operation: stopAsyncTask },
];

/**
 * Function Compute's codes for the host's reasons; `AsyncTaskAlreadyExists` is unverified, after 2.0's
 * `StatefulAsyncInvocationAlreadyExists`.
 */
const FAULTS: Record<string, { statusCode: number; code: string }> = {
  "function.absent": { statusCode: 404, code: "FunctionNotFound" },
  "task.exists": { statusCode: 409, code: "AsyncTaskAlreadyExists" },
  "payload.tooLarge": { statusCode: 400, code: "EntityTooLarge" },
};

/** InvokeFunction, GetAsyncTask and StopAsyncTask of Function Compute's API 2023-03-30, signatures verified. Errors: `conflict` when the port is in use. */
export async function startFcApi({ host, port, address = "127.0.0.1", credentials, now = Date.now }: FcApiOptions): Promise<Door> {
  const server = createServer((request, response) => {
    const requestId = newRequestId(now());
    void answerOf(host, request, requestId, { keys: keysOf(request, credentials), now: now() })
      .catch((error: unknown) => faultAnswer(requestId, error))
      .then((answer) => send(response, requestId, answer));
  });
  const boundPort = await listen(server, "Function Compute API", port, address);
  return { port: boundPort, url: `http://${address}:${boundPort}`, close: () => closeServer(server) };
}

async function answerOf(
  host: FunctionHost,
  request: IncomingMessage,
  requestId: string,
  { keys, now }: { keys: SigningKeys; now: number },
): Promise<Answer> {
  const { method = "GET", url = "/", headers } = request;
  const body = await readBody(request, SYNC_PAYLOAD_BYTES_MAX);
  if (body === undefined)
    return refusal(requestId, 413, "EntityTooLarge", `payload size exceeds maximum allowed size (${SYNC_PAYLOAD_BYTES_MAX} bytes)`);
  const fault = acs3Fault({ method, url, headers, body }, keys, now, API_SCHEME);
  if (fault !== undefined) return refusal(requestId, fault.statusCode, fault.code, fault.message);
  const path = url.split("?", 1)[0] ?? "";
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match === null) continue;
    const resource = route.action === "fc:InvokeFunction" ? functionResource(host, match[1] ?? "") : "*";
    if (!mayDo(keys, { action: route.action, resource }))
      return refusal(requestId, 403, "AccessDenied", "the access key has no right to this");
    return await route.operation(
      { host, request, body, requestId },
      decodeURIComponent(match[1] ?? ""),
      decodeURIComponent(match[2] ?? ""),
    );
  }
  return refusal(requestId, 400, "PathNotSupported", `'${method}' against '${path}' is not supported`);
}

async function invokeFunction({ host, request, body, requestId }: Call, functionName: string): Promise<Answer> {
  const { "x-fc-invocation-type": invocationType = "Sync", "x-fc-async-task-id": givenTaskId } = request.headers;
  if (invocationType === "Async") {
    const ticket = await host.invokeAsync(functionName, body, { taskId: givenTaskId === undefined ? undefined : String(givenTaskId) });
    const headers = {
      "x-fc-request-id": ticket.requestId,
      ...(ticket.taskId === undefined ? {} : { "x-fc-async-task-id": ticket.taskId }),
    };
    return { statusCode: 202, headers, body: "" };
  }
  const result = await host.invoke(functionName, body, { requestId });
  if (result.ok) return { statusCode: 200, headers: { "content-type": "application/octet-stream" }, body: result.value };
  // Function Compute answers a function error with 200, recognisable only by this header.
  const { errorMessage, errorType, stack } = result;
  return json(200, { errorMessage, errorType, stackTrace: stack?.split("\n") ?? [] }, { "x-fc-error-type": "UnhandledInvocationError" });
}

function getAsyncTask({ host, requestId }: Call, functionName: string, taskId: string): Answer {
  const task = host.task(functionName, taskId);
  if (task === undefined) return taskAbsent(requestId, functionName, taskId);
  return json(200, taskBody(host, task));
}

function stopAsyncTask({ host, requestId }: Call, functionName: string, taskId: string): Answer {
  if (host.task(functionName, taskId) === undefined) return taskAbsent(requestId, functionName, taskId);
  host.stopTask(functionName, taskId);
  return { statusCode: 204, headers: {}, body: "" };
}

/** https://www.alibabacloud.com/help/en/functioncompute/api-fc-2023-03-30-struct-asynctask */
function taskBody(host: FunctionHost, task: AsyncTask): Record<string, unknown> {
  const { startedAt, endedAt } = task;
  return {
    taskId: task.taskId,
    status: task.status,
    requestId: task.requestId,
    functionArn: `acs:fc:${host.region}:${host.accountId}:functions/${task.functionName}`,
    qualifier: "LATEST",
    alreadyRetriedTimes: task.retries,
    startedTime: startedAt ?? task.enqueuedAt,
    ...(endedAt === undefined ? {} : { endTime: endedAt, durationMs: endedAt - (startedAt ?? endedAt) }),
    ...(task.errorMessage === undefined ? {} : { taskErrorMessage: task.errorMessage }),
  };
}

function taskAbsent(requestId: string, functionName: string, taskId: string): Answer {
  return refusal(requestId, 404, "AsyncTaskNotFound", `async task '${taskId}' of function '${functionName}' does not exist`);
}

function faultAnswer(requestId: string, error: unknown): Answer {
  const known = error instanceof AppError ? FAULTS[error.reason?.code ?? ""] : undefined;
  if (known !== undefined) return refusal(requestId, known.statusCode, known.code, messageOf(error));
  if (error instanceof URIError || (error instanceof AppError && error.code === "invalid")) {
    return refusal(requestId, 400, "InvalidArgument", messageOf(error));
  }
  return refusal(requestId, 500, "InternalServerError", messageOf(error));
}

function refusal(requestId: string, statusCode: number, code: string, message: string): Answer {
  return json(statusCode, { RequestId: requestId, Code: code, Message: message });
}

function json(statusCode: number, body: object, headers: Record<string, string> = {}): Answer {
  return { statusCode, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function send(response: ServerResponse, requestId: string, { statusCode, headers, body }: Answer): void {
  response.writeHead(statusCode, { "x-fc-request-id": requestId, ...headers });
  response.end(body);
}
