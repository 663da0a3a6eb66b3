import { RuntimeOptions } from "@alicloud/tea-util";
import * as z from "zod";
import { apiFault, statusOf } from "../../../shared/adapters/aliyun/apiFault.ts";
import { type OpenApiOptions, OpenApiRequest, openApiClient, Params } from "../../../shared/adapters/aliyun/openApiClient.ts";
import { retriedCall } from "../../../shared/adapters/aliyun/retriedCall.ts";
import { AppError } from "../../../shared/model/errors.ts";

const SERVICE = "Function Compute";
const API_VERSION = "2023-03-30";
const PREFIX = `/${API_VERSION}/functions`;
const TIMEOUTS = { readTimeout: 15_000, connectTimeout: 5_000 };
/** The largest page of both listings. */
const PAGE = "100";
/** Of an account's quota in one region; a listing beyond it is no listing of functions. */
const PAGES_MAX = 100;
/** All that a deployment asks takes seconds; beyond this somebody waits in front of a terminal. */
const PATIENCE_MS = 120_000;

const text = z.string().nullish();
const number = z.number().nullish();

/** A function as the API describes it; members that are not compared are passed over. */
const deployedFunction = z.object({
  functionName: z.string(),
  description: text,
  runtime: text,
  handler: text,
  memorySize: number,
  cpu: number,
  diskSize: number,
  timeout: number,
  internetAccess: z.boolean().nullish(),
  role: text,
  environmentVariables: z.record(z.string(), z.string()).nullish(),
  vpcConfig: z.object({ vpcId: text, vSwitchIds: z.array(z.string()).nullish(), securityGroupId: text }).nullish(),
});

/** The configuration is JSON in a text. */
const deployedTrigger = z.object({
  triggerName: z.string(),
  triggerType: z.string(),
  triggerConfig: text,
  sourceArn: text,
  httpTrigger: z.object({ urlInternet: text }).nullish(),
});
const asyncConfig = z.object({ maxAsyncRetryAttempts: number, maxAsyncEventAgeInSeconds: number, asyncTask: z.boolean().nullish() });
const concurrency = z.object({ reservedConcurrency: number });
const functionPage = z.object({ functions: z.array(z.object({ functionName: z.string() })).nullish(), nextToken: text });
const triggerPage = z.object({ triggers: z.array(deployedTrigger).nullish(), nextToken: text });

export type DeployedFunction = z.infer<typeof deployedFunction>;
export type DeployedTrigger = z.infer<typeof deployedTrigger>;
export type DeployedAsync = z.infer<typeof asyncConfig>;

/** The functions of one account in one region. Errors: `denied`, `transient`, `refused`, `permanent`. */
export interface ControlPlane {
  /** The names of all functions that begin with a text. */
  names(prefix: string): Promise<string[]>;
  /** `undefined` for a function that is not there, as for the next three. */
  function(name: string): Promise<DeployedFunction | undefined>;
  asyncConfig(name: string): Promise<DeployedAsync | undefined>;
  reservedConcurrency(name: string): Promise<number | undefined>;
  triggers(name: string): Promise<DeployedTrigger[]>;
  /** A trigger that is gone already is deleted too. */
  deleteTrigger(name: string, trigger: string): Promise<void>;
}

interface Call {
  action: string;
  method?: "GET" | "DELETE";
  path: string;
  query?: Record<string, string>;
}

/**
 * Function Compute's API 2023-03-30: ListFunctions, GetFunction, GetAsyncInvokeConfig, GetConcurrencyConfig, ListTriggers, DeleteTrigger.
 * https://www.alibabacloud.com/help/en/functioncompute/fc/developer-reference/api-fc-2023-03-30-listfunctions
 * Its endpoint is by default `fcv3.<region>.aliyuncs.com`, as the fc3 component calls it.
 */
export function fcControlPlane(options: OpenApiOptions): ControlPlane {
  const send = sender(options);
  const found = async <S extends z.ZodType>(subject: string, schema: S, call: Call): Promise<z.output<S> | undefined> => {
    try {
      return read(subject, schema, await send(subject, call));
    } catch (error) {
      if (error instanceof AppError && error.code === "absent") return undefined;
      throw error;
    }
  };
  const at = (name: string) => `${PREFIX}/${encodeURIComponent(name)}`;
  return {
    async names(prefix) {
      const pages = await pagesOf(functionPage, (token) =>
        send("the list of functions", { action: "ListFunctions", path: PREFIX, query: { prefix, limit: PAGE, fcVersion: "v3", ...token } }),
      );
      return pages.flatMap(({ functions }) => functions ?? []).map(({ functionName }) => functionName);
    },
    function: (name) => found(`function ${name}`, deployedFunction, { action: "GetFunction", path: at(name) }),
    asyncConfig: (name) =>
      found(`asynchronous settings of ${name}`, asyncConfig, {
        action: "GetAsyncInvokeConfig",
        path: `${at(name)}/async-invoke-config`,
        query: { qualifier: "LATEST" },
      }),
    async reservedConcurrency(name) {
      const call = { action: "GetConcurrencyConfig", path: `${at(name)}/concurrency` };
      return (await found(`instance limit of ${name}`, concurrency, call))?.reservedConcurrency ?? undefined;
    },
    async triggers(name) {
      const call = { action: "ListTriggers", path: `${at(name)}/triggers` };
      const pages = await pagesOf(triggerPage, (token) => send(`triggers of ${name}`, { ...call, query: { limit: PAGE, ...token } }));
      return pages.flatMap(({ triggers }) => triggers ?? []);
    },
    async deleteTrigger(name, trigger) {
      const path = `${at(name)}/triggers/${encodeURIComponent(trigger)}`;
      await send(`trigger ${trigger} of ${name} was not removed`, { action: "DeleteTrigger", method: "DELETE", path }).catch(
        (error: unknown) => {
          if (!(error instanceof AppError && error.code === "absent")) throw error;
        },
      );
    },
  };
}

function sender(options: OpenApiOptions) {
  const { region, protocol = "HTTPS" } = options;
  const client = openApiClient(options, `fcv3.${region}.aliyuncs.com`);
  const endMs = Date.now() + PATIENCE_MS;
  const ports = {
    remainingMs: () => endMs - Date.now(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  };
  return (subject: string, { action, method = "GET", path, query = {} }: Call): Promise<unknown> =>
    retriedCall(async () => {
      const form = { authType: "AK", style: "ROA", reqBodyType: "json", bodyType: method === "GET" ? "json" : "none" };
      const params = new Params({ action, version: API_VERSION, protocol, method, pathname: path, ...form });
      try {
        return (await client.callApi(params, new OpenApiRequest({ query }), new RuntimeOptions({ autoretry: false, ...TIMEOUTS }))).body;
      } catch (error) {
        const absent = statusOf(error) === 404 ? new AppError("absent", `${subject}: not there`, { cause: error }) : undefined;
        throw absent ?? apiFault(SERVICE, subject, error);
      }
    }, ports);
}

async function pagesOf<S extends typeof functionPage | typeof triggerPage>(
  schema: S,
  ask: (token: Record<string, string>) => Promise<unknown>,
): Promise<z.output<S>[]> {
  const pages: z.output<S>[] = [];
  for (let token = ""; pages.length < PAGES_MAX; ) {
    const page = read("a listing", schema, await ask(token === "" ? {} : { nextToken: token })) as z.output<S>;
    pages.push(page);
    if (!page.nextToken) return pages;
    token = page.nextToken;
  }
  throw new AppError("permanent", `${SERVICE} listed more than ${PAGES_MAX} pages`);
}

function read<S extends z.ZodType>(subject: string, schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join(".") || "it";
  throw new AppError("permanent", `${subject}: ${SERVICE} answered in a shape that this version does not know (${where})`);
}
