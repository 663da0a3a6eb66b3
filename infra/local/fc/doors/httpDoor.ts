import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { messageOf } from "../../../../shared/model/errors.ts";
import type { FunctionHost } from "../host.ts";
import { acs3Fault, functionResource, keysOf, mayDo, type SigningKeys, TRIGGER_SCHEME } from "./acs3Signature.ts";
import { encodingFault } from "./encodingFault.ts";
import { httpEvent, httpResponse, type WireResponse } from "./httpEvent.ts";
import { closeServer, listen } from "./listen.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "./payload.ts";
import { readBody } from "./readBody.ts";
import { newRequestId } from "./requestId.ts";

export interface HttpDoorOptions {
  host: FunctionHost;
  functionName: string;
  /** 0 selects any free port. */
  port: number;
  address?: string | undefined;
  /** The keys whose signature is checked, as with `authType: function`; without them anybody may call. */
  signedWith?: SigningKeys | readonly SigningKeys[] | undefined;
  /** The trigger's methods; all without them. */
  methods?: readonly string[] | undefined;
}

/** A listening server. */
export interface Door {
  readonly port: number;
  /** `http://127.0.0.1:9480` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The HTTP trigger of one function: converts each request to the platform's event and the handler's value to the response.
 * A function error is answered with 502, a body above 32 MB with 413, a wrong encoding or signature with 400 or 403, and then no function runs.
 * Errors: `conflict` when the port is in use.
 */
export async function startHttpTrigger(options: HttpDoorOptions): Promise<Door> {
  const { port, address = "127.0.0.1" } = options;
  const server = createServer((request, response) => {
    const requestId = newRequestId(Date.now());
    void answerOf(options, request, requestId)
      .catch((error: unknown) => refusal(requestId, 500, "InternalServerError", messageOf(error)))
      .then((answer) => send(request, response, requestId, answer));
  });
  const boundPort = await listen(server, "HTTP", port, address);
  return { port: boundPort, url: `http://${address}:${boundPort}`, close: () => closeServer(server) };
}

async function answerOf(options: HttpDoorOptions, request: IncomingMessage, requestId: string): Promise<WireResponse> {
  const { host, functionName } = options;
  const body = await readBody(request, SYNC_PAYLOAD_BYTES_MAX);
  if (body === undefined) return tooLarge(requestId);
  const refused = refusalOf(options, request, body, requestId);
  if (refused !== undefined) return refused;
  const event = JSON.stringify(eventOf(host, request, body, requestId));
  // Escapes and base64 make the event larger than the body.
  if (Buffer.byteLength(event) > SYNC_PAYLOAD_BYTES_MAX) return tooLarge(requestId);
  const result = await host.invoke(functionName, event, { requestId });
  if (result.ok) return httpResponse(result.value);
  const answer = refusal(requestId, 502, result.errorType, result.errorMessage);
  return { ...answer, headers: { ...answer.headers, "X-Fc-Error-Type": "UnhandledInvocationError" } };
}

/** What the platform refuses before a function runs. */
function refusalOf(
  { host, functionName, signedWith, methods }: HttpDoorOptions,
  { method = "GET", url = "/", headers }: IncomingMessage,
  body: Buffer,
  requestId: string,
): WireResponse | undefined {
  if (methods !== undefined && !methods.includes(method))
    return refusal(requestId, 405, "MethodNotAllowed", `the HTTP trigger accepts ${methods.join(", ")}, not ${method}`);
  const encoding = encodingFault(url);
  if (encoding !== undefined) return refusal(requestId, 400, "InvalidArgument", encoding);
  if (signedWith === undefined) return undefined;
  const keys = keysOf({ headers }, signedWith);
  const fault = acs3Fault({ method, url, headers, body }, keys, Date.now(), TRIGGER_SCHEME);
  if (fault !== undefined) return refusal(requestId, fault.statusCode, fault.code, fault.message);
  // That a trigger asks for the right to invoke is unverified: Alibaba's page on signed triggers names none.
  if (mayDo(keys, { action: "fc:InvokeFunction", resource: functionResource(host, functionName) })) return undefined;
  return refusal(requestId, 403, "AccessDenied", "the access key has no right to this");
}

function eventOf(host: FunctionHost, request: IncomingMessage, body: Buffer, requestId: string): Record<string, unknown> {
  const wire = {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    rawHeaders: request.rawHeaders,
    body,
    sourceIp: (request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    protocolVersion: request.httpVersion,
  };
  return httpEvent(wire, { requestId, accountId: host.accountId, region: host.region, now: new Date() });
}

function send(request: IncomingMessage, response: ServerResponse, requestId: string, answer: WireResponse): void {
  try {
    response.writeHead(answer.statusCode, { ...answer.headers, "X-Fc-Request-Id": requestId, "Content-Length": answer.body.length });
  } catch (error) {
    // An invalid status or header must not crash the server.
    const bad = refusal(requestId, 502, "InvalidResponse", `the function's answer is no HTTP answer: ${messageOf(error)}`);
    response.writeHead(bad.statusCode, { ...bad.headers, "Content-Length": bad.body.length });
    response.end(bad.body);
    return;
  }
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

function tooLarge(requestId: string): WireResponse {
  return refusal(requestId, 413, "EntityTooLarge", `payload size exceeds maximum allowed size (${SYNC_PAYLOAD_BYTES_MAX} bytes)`);
}

function refusal(requestId: string, statusCode: number, code: string, message: string): WireResponse {
  const body = Buffer.from(JSON.stringify({ RequestId: requestId, ErrorCode: code, ErrorMessage: message }));
  return { statusCode, headers: { "Content-Type": "application/json" }, body };
}
