import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { messageOf } from "../../../../shared/model/errors.ts";
import { API_SCHEME, acs3Fault, type SigningKeys } from "../doors/acs3Signature.ts";
import type { Door } from "../doors/httpDoor.ts";
import { closeServer, listen } from "../doors/listen.ts";
import { readBody } from "../doors/readBody.ts";
import { newRequestId } from "../doors/requestId.ts";
import { type ControlAnswer, ControlFault, type ControlRequest } from "./answer.ts";
import { type CodeBucket, codeBucket } from "./codeBucket.ts";
import { type FunctionService, functionService } from "./functionService.ts";
import { type OtherServices, otherServices } from "./otherServices.ts";

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/product-overview/limits-of-usage: code from OSS */
const CODE_BYTES_MAX = 500 * 1024 * 1024;

export interface ControlPlaneOptions {
  accountId: string;
  region: string;
  /** The only accepted key. */
  credentials: SigningKeys;
  /** 0 selects any free port. */
  port: number;
}

/** A request and the status of its answer. */
export interface Seen extends Pick<ControlRequest, "method" | "path" | "query" | "action"> {
  host: string;
  status: number;
}

/** What `s deploy` talks to, on one port; the service is told by the Host header, as a proxy would. */
export interface ControlPlane extends Door {
  readonly functions: FunctionService["functions"];
  readonly others: OtherServices;
  readonly code: CodeBucket;
  readonly seen: readonly Seen[];
}

/**
 * Function Compute's control plane, with the services that a deployment needs beside it: code upload, log service, RAM. Signatures of Function
 * Compute's own API are verified; the others sign by schemes that are not. Errors: `conflict` when the port is in use.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const code = codeBucket(options.accountId);
  const { functions, answer } = functionService(options, code);
  const others = otherServices();
  const seen: Seen[] = [];
  const services: Services = { options, answer, code, others };
  const server = createServer((request, response) => {
    void answerOf(services, request, seen).then(
      (found) => send(response, found),
      (error: unknown) => send(response, { status: 500, body: { Code: "InternalServerError", Message: messageOf(error) } }),
    );
  });
  const port = await listen(server, "control plane", options.port, "127.0.0.1");
  return { port, url: `http://127.0.0.1:${port}`, functions, others, code, seen, close: () => closeServer(server) };
}

interface Services {
  options: ControlPlaneOptions;
  answer: FunctionService["answer"];
  code: CodeBucket;
  others: OtherServices;
}

async function answerOf(services: Services, incoming: IncomingMessage, seen: Seen[]): Promise<ControlAnswer> {
  const { method = "GET", url = "/", headers } = incoming;
  const { pathname: path, searchParams } = new URL(url, "http://control");
  const host = headers.host ?? "";
  const body = (await readBody(incoming, CODE_BYTES_MAX)) ?? Buffer.alloc(0);
  const query = Object.fromEntries(searchParams);
  const request = { method, path, query, action: String(headers["x-acs-action"] ?? ""), body };
  const found = faultAnswered(() => {
    // A client that is given this address as Function Compute's names it as the host.
    if (!host.startsWith("fcv3.") && !host.startsWith("127.0.0.1:")) return otherAnswer(services, host, request);
    const fault = acs3Fault({ method, url, headers, body }, services.options.credentials, Date.now(), API_SCHEME);
    if (fault !== undefined) throw new ControlFault(fault.statusCode, fault.code, fault.message);
    return services.answer(request);
  });
  seen.push({ method, host, path, query, action: request.action, status: found.status });
  return found;
}

function otherAnswer({ code, others }: Services, host: string, request: ControlRequest): ControlAnswer {
  if (request.path === "/2016-08-15/tempBucketToken") return code.token();
  if (host.startsWith("fc-temp-bucket.") && request.method === "PUT") return code.put(request);
  if (host.startsWith("ram.")) return others.ram(request);
  const [, project = ""] = /^(?:(.+)\.)?[a-z0-9-]+\.log\.aliyuncs\.com$/.exec(host) ?? [];
  if (host.endsWith(".log.aliyuncs.com")) return others.logs(request, project);
  throw new ControlFault(404, "UnknownHost", `nothing here answers for ${host}`);
}

function faultAnswered(run: () => ControlAnswer): ControlAnswer {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ControlFault)) throw error;
    return { status: error.status, body: { Code: error.code, Message: error.message } };
  }
}

function send(response: ServerResponse, { status, body }: ControlAnswer): void {
  const requestId = newRequestId(Date.now());
  response.writeHead(status, { "content-type": "application/json", "x-fc-request-id": requestId });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
