import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { API_SCHEME, acs3Fault, type SigningKeys } from "../../../infra/local/fc/doors/acs3Signature.ts";
import { closeServer, listen } from "../../../infra/local/fc/doors/listen.ts";
import { readBody } from "../../../infra/local/fc/doors/readBody.ts";

type Body = Record<string, unknown>;

/** One function as the control plane keeps it. */
export interface KeptFunction {
  function: Body;
  async?: Body | undefined;
  concurrency?: Body | undefined;
  triggers: Map<string, Body>;
}

/** Small, so that listings have several pages. */
const PAGE = 3;
const BODY_BYTES_MAX = 1024 * 1024;

export interface ControlPlaneStandIn {
  url: string;
  functions: Map<string, KeptFunction>;
  /** `GetFunction ossnap-http`, of requests with a valid signature. */
  requests: string[];
  /** Functions that the keys may only see in the list. */
  forbidden: Set<string>;
  close(): Promise<void>;
}

/**
 * The reading operations of Function Compute 2023-03-30 and DeleteTrigger, signatures verified; and, for the stand-in of fc3, `POST /component`
 * with one resource's properties, as fc3 would create or update it, and `DELETE /component/NAME`.
 */
export async function startControlPlane(keys: SigningKeys): Promise<ControlPlaneStandIn> {
  const functions = new Map<string, KeptFunction>();
  const requests: string[] = [];
  const forbidden = new Set<string>();
  const server = createServer((request, response) => {
    void answer(request)
      .catch((error: unknown) => [500, { Code: "InternalServerError", Message: String(error) }] as const)
      .then(([status, body]) =>
        response.writeHead(status, { "content-type": "application/json" }).end(status === 204 ? "" : JSON.stringify(body)),
      );
  });
  const answer = async (request: IncomingMessage): Promise<readonly [number, Body]> => {
    const { method = "GET", url = "/", headers } = request;
    const body = (await readBody(request, BODY_BYTES_MAX)) ?? Buffer.alloc(0);
    const { pathname, searchParams } = new URL(url, "http://fc");
    if (pathname.startsWith("/component")) return component(method, pathname, body);
    const wrong = acs3Fault({ method, url, headers, body }, keys, Date.now(), API_SCHEME);
    if (wrong !== undefined) return [wrong.statusCode, { Code: wrong.code, Message: wrong.message }];
    const [, , , name = "", part = "", trigger = ""] = pathname.split("/").map(decodeURIComponent);
    requests.push([headers["x-acs-action"], name, trigger].join(" ").trim());
    if (name === "") {
      const names = [...functions.keys()].filter((one) => one.startsWith(searchParams.get("prefix") ?? "")).sort();
      return [
        200,
        page(
          "functions",
          names.map((one) => functions.get(one)?.function ?? {}),
          searchParams,
        ),
      ];
    }
    if (forbidden.has(name)) return [403, { Code: "AccessDenied", Message: "not authorized" }];
    const kept = functions.get(name);
    if (kept === undefined) return [404, { Code: "FunctionNotFound", Message: `function '${name}' does not exist` }];
    if (part === "") return [200, kept.function];
    if (part === "triggers" && method === "DELETE")
      return kept.triggers.delete(trigger) ? [204, {}] : [404, { Code: "TriggerNotFound", Message: "" }];
    if (part === "triggers") return [200, page("triggers", [...kept.triggers.values()], searchParams)];
    const config = part === "concurrency" ? kept.concurrency : kept.async;
    return config === undefined ? [404, { Code: "NotFound", Message: "" }] : [200, config];
  };
  const component = (method: string, pathname: string, body: Buffer): readonly [number, Body] => {
    if (method === "DELETE") functions.delete(pathname.split("/")[2] ?? "");
    else keep(functions, JSON.parse(body.toString("utf8")) as Body);
    return [200, {}];
  };
  const port = await listen(server, "control plane", 0, "127.0.0.1");
  return { url: `http://127.0.0.1:${port}`, functions, requests, forbidden, close: () => closeServer(server) };
}

function page(key: string, all: readonly Body[], query: URLSearchParams): Body {
  const start = Number(query.get("nextToken") ?? 0);
  const next = start + PAGE < all.length ? { nextToken: String(start + PAGE) } : {};
  return { [key]: all.slice(start, start + PAGE), ...next };
}

function keep(functions: Map<string, KeptFunction>, { triggers = [], asyncInvokeConfig, concurrencyConfig, ...props }: Body): void {
  const name = String(props.functionName);
  const kept: KeptFunction = functions.get(name) ?? { function: {}, triggers: new Map() };
  kept.function = props;
  kept.async = asyncInvokeConfig as Body | undefined;
  kept.concurrency = concurrencyConfig as Body | undefined;
  for (const trigger of triggers as Body[])
    kept.triggers.set(String(trigger.triggerName), { ...trigger, triggerConfig: JSON.stringify(trigger.triggerConfig) });
  functions.set(name, kept);
}

/** A later update does not repeat it. */
const SOURCE = "acs:oss:cn-hangzhou:1234567890123456:moved";

/** What the recorded requests of a deployment by the real fc3 leave behind. */
export function keptFromRecording(path: string): Map<string, KeptFunction> {
  const functions = new Map<string, KeptFunction>();
  for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
    const { action, path: at, body } = JSON.parse(line) as { action: string | null; path: string; body: Body };
    const [, , , name = "", , trigger = ""] = at.split("/");
    const kept: KeptFunction = functions.get(name) ?? { function: {}, triggers: new Map() };
    if (action === "UpdateFunction") kept.function = { ...body, functionName: name };
    if (action === "UpdateTrigger")
      kept.triggers.set(trigger, { triggerType: typeOf(body), sourceArn: SOURCE, ...body, triggerName: trigger });
    if (action === "PutAsyncInvokeConfig") kept.async = body;
    if (action === "PutConcurrencyConfig") kept.concurrency = body;
    if (action?.startsWith("Update")) functions.set(name, kept);
  }
  return functions;
}

function typeOf({ triggerConfig }: Body): string {
  const config = JSON.parse(String(triggerConfig)) as Body;
  if (config.cronExpression !== undefined) return "timer";
  return config.authType === undefined ? "oss" : "http";
}
