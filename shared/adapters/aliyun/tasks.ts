import { RuntimeOptions } from "@alicloud/tea-util";
import { AppError } from "../../model/errors.ts";
import type { TaskState, Tasks } from "../../model/tasks.ts";
import { apiFault, isFault, statusOf } from "./apiFault.ts";
import { type OpenApiOptions, OpenApiRequest, openApiClient, Params } from "./openApiClient.ts";

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/product-overview/limits-of-usage */
const PAYLOAD_BYTES_MAX = 128 * 1024;
/** The client's default is 3 s for every request, which a cold queue exceeds. */
const REQUEST_TIMEOUT_MS_DEFAULT = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
const API_VERSION = "2023-03-30";
const FUNCTION_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const TASK_ID_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/;

/** https://www.alibabacloud.com/help/en/functioncompute/api-fc-2023-03-30-struct-asynctask */
const TASK_STATES: Record<string, TaskState> = {
  Enqueued: "running",
  Dequeued: "running",
  Running: "running",
  Retrying: "running",
  Stopping: "running",
  Succeeded: "succeeded",
  Failed: "failed",
  Stopped: "failed",
  Invalid: "failed",
  Expired: "failed",
};

/** Its endpoint is by default `<accountId>.<region>.fc.aliyuncs.com`. */
export interface FcTasksOptions extends OpenApiOptions {
  accountId: string;
}

interface Call {
  action: string;
  method: "GET" | "POST";
  pathname: string;
  bodyType: "none" | "json";
  headers?: Record<string, string>;
  body?: string;
}

/** Sends one request and returns the response body. */
type Send = (call: Call) => Promise<unknown>;

/**
 * Asynchronous tasks of Function Compute 3.0 (InvokeFunction with a task id, GetAsyncTask).
 * Does not retry. Callers may repeat `start`: the platform rejects a known id, and that rejection counts as started.
 * Errors: `absent` for a missing function, `denied`, `invalid` (a name, an id, or a payload of 128 KB and more), `transient`.
 */
export function fcTasks(options: FcTasksOptions): Tasks {
  const send = sender(options);
  const readTask = (functionName: string, taskId: string) =>
    send({ action: "GetAsyncTask", method: "GET", pathname: `${pathOf(functionName)}/async-tasks/${taskId}`, bodyType: "json" });

  return {
    async start(functionName, taskId, payload) {
      const subject = `task ${taskId} of function ${functionName}`;
      checkNames(functionName, taskId);
      const body = bodyOf(subject, payload);
      const headers = { "x-fc-invocation-type": "Async", "x-fc-async-task-id": taskId };
      try {
        await send({
          action: "InvokeFunction",
          method: "POST",
          pathname: `${pathOf(functionName)}/invocations`,
          bodyType: "none",
          headers,
          body,
        });
      } catch (error) {
        if (statusOf(error) !== 409) throw fcFault(`${subject} was not started`, error, "InvokeFunction");
        // The error code for a known id is undocumented for 3.0, so a look-up of the task decides whether the conflict was about the id.
        if (!(await exists(() => readTask(functionName, taskId)))) throw fcFault(`${subject} was not started`, error, "InvokeFunction");
      }
    },
    async state(functionName, taskId) {
      const subject = `task ${taskId} of function ${functionName}`;
      checkNames(functionName, taskId);
      try {
        return stateOf(subject, await readTask(functionName, taskId));
      } catch (error) {
        if (isTaskAbsent(error)) return "unknown";
        throw error instanceof AppError ? error : fcFault(`state of ${subject} is not known`, error, "GetAsyncTask");
      }
    },
  };
}

function sender(options: FcTasksOptions): Send {
  const { accountId, region, protocol = "HTTPS", requestTimeoutMs } = options;
  const timeouts = { readTimeout: requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT, connectTimeout: CONNECT_TIMEOUT_MS };
  const client = openApiClient(options, `${accountId}.${region}.fc.aliyuncs.com`);
  return async ({ action, method, pathname, bodyType, headers, body }) => {
    const params = new Params({
      action,
      version: API_VERSION,
      protocol,
      method,
      pathname,
      authType: "AK",
      style: "ROA",
      reqBodyType: "json",
      bodyType,
    });
    const request = new OpenApiRequest({ headers: headers ?? {}, ...(body === undefined ? {} : { body }) });
    const answer = await client.callApi(params, request, new RuntimeOptions({ autoretry: false, ...timeouts }));
    return answer.body;
  };
}

const fcFault = (subject: string, error: unknown, action: string) => apiFault("Function Compute", subject, error, `fc:${action}`);
const pathOf = (functionName: string) => `/${API_VERSION}/functions/${functionName}`;

function checkNames(functionName: string, taskId: string): void {
  if (!FUNCTION_NAME_PATTERN.test(functionName)) {
    throw new AppError("invalid", `function name "${functionName}" must be 1 to 64 letters, digits, _ and -, beginning with a letter or _`);
  }
  if (!TASK_ID_PATTERN.test(taskId)) {
    throw new AppError("invalid", `task id "${taskId}" must be 1 to 128 letters, digits, _ and -, beginning with a letter or _`);
  }
}

function bodyOf(subject: string, payload: unknown): string {
  const body: string | undefined = JSON.stringify(payload);
  if (body === undefined) throw new AppError("invalid", `${subject}: the payload must be a JSON value`);
  const sizeBytes = Buffer.byteLength(body);
  if (sizeBytes < PAYLOAD_BYTES_MAX) return body;
  throw new AppError("invalid", `${subject}: the payload has ${sizeBytes} bytes, it must be below ${PAYLOAD_BYTES_MAX}: split the batch`);
}

function stateOf(subject: string, body: unknown): TaskState {
  const status = (body as { status?: unknown } | null)?.status;
  const state = typeof status === "string" ? TASK_STATES[status] : undefined;
  if (state === undefined) throw new AppError("permanent", `${subject} has the unexpected status ${JSON.stringify(status)}`);
  return state;
}

async function exists(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isTaskAbsent(error)) return false;
    throw fcFault("a task that was refused as a conflict cannot be looked up", error, "GetAsyncTask");
  }
}

/** A 404 refers to the task unless it names the function. */
function isTaskAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && !isFault(error, /^FunctionNotFound|^InvalidAccessKeyI[dD]/);
}
