import { TIMERS_MAX } from "../../../../shared/plan/slots.ts";
import { requireVariables } from "../functionSpec.ts";
import { type ControlAnswer, ControlFault, type ControlRequest, objectOf } from "./answer.ts";
import type { CodeBucket } from "./codeBucket.ts";

type Members = Readonly<Record<string, unknown>>;

/** One deployed function: what was sent to create or update it, its triggers by name, and its two configurations. */
export interface DeployedHere {
  config: Members;
  triggers: Map<string, Members>;
  asyncInvoke: Members | undefined;
  concurrency: Members | undefined;
}

export interface FunctionService {
  answer(request: ControlRequest): ControlAnswer;
  readonly functions: ReadonlyMap<string, DeployedHere>;
}

interface Account {
  accountId: string;
  region: string;
}

interface Call {
  request: ControlRequest;
  functions: Map<string, DeployedHere>;
  code: CodeBucket;
  account: Account;
  /** The parts of the path that its pattern names. */
  name: string;
  part: string;
}

type Operation = (call: Call) => ControlAnswer;

const ok = (body: unknown): ControlAnswer => ({ status: 200, body });
const NO_CONTENT: ControlAnswer = { status: 204 };

/** Function Compute's API 2023-03-30 as far as the fc3 component uses it: https://www.alibabacloud.com/help/en/functioncompute/api-fc-2023-03-30-overview */
const OPERATIONS: readonly { method: string; path: RegExp; run: Operation }[] = [
  { method: "GET", path: /^functions$/, run: listFunctions },
  { method: "POST", path: /^functions$/, run: createFunction },
  { method: "GET", path: /^functions\/([^/]+)$/, run: (call) => ok(found(call).config) },
  { method: "PUT", path: /^functions\/([^/]+)$/, run: updateFunction },
  { method: "DELETE", path: /^functions\/([^/]+)$/, run: deleteFunction },
  { method: "GET", path: /^functions\/([^/]+)\/triggers$/, run: (call) => ok({ triggers: [...found(call).triggers.values()] }) },
  { method: "POST", path: /^functions\/([^/]+)\/triggers$/, run: createTrigger },
  { method: "GET", path: /^functions\/([^/]+)\/triggers\/([^/]+)$/, run: (call) => ok(triggerOf(call)) },
  { method: "PUT", path: /^functions\/([^/]+)\/triggers\/([^/]+)$/, run: updateTrigger },
  { method: "DELETE", path: /^functions\/([^/]+)\/triggers\/([^/]+)$/, run: deleteTrigger },
  ...configured("async-invoke-config", "asyncInvoke", "AsyncConfigNotExists"),
  ...configured("concurrency", "concurrency", "ConcurrencyConfigNotFound"),
  { method: "GET", path: /^functions\/([^/]+)\/scaling-config$/, run: missing("ScalingConfigNotFound") },
  { method: "GET", path: /^functions\/([^/]+)\/vpc-bindings$/, run: listed("vpcIds") },
  { method: "GET", path: /^functions\/([^/]+)\/aliases$/, run: listed("aliases") },
  { method: "GET", path: /^functions\/([^/]+)\/versions$/, run: listed("versions") },
  { method: "GET", path: /^scaling-configs$/, run: () => ok({ scalingConfigs: [] }) },
  { method: "GET", path: /^async-invoke-configs$/, run: listAsyncConfigs },
];

/** The part of Function Compute that keeps what is deployed; nothing of it runs here. */
export function functionService(account: Account, code: CodeBucket): FunctionService {
  const functions = new Map<string, DeployedHere>();
  return {
    functions,
    answer(request) {
      const path = request.path.replace(/^\/2023-03-30\//, "");
      for (const { method, path: pattern, run } of OPERATIONS) {
        const match = method === request.method ? pattern.exec(path) : null;
        if (match === null) continue;
        const [, name = request.query.functionName ?? "", part = ""] = match.map(decodeURIComponent);
        return run({ request, functions, code, account, name, part });
      }
      throw new ControlFault(400, "PathNotSupported", `'${request.method}' against '${request.path}' is not supported`);
    },
  };
}

/** In one page. */
function listFunctions({ request, functions }: Call): ControlAnswer {
  const { prefix = "" } = request.query;
  return ok({
    functions: [...functions.values()].map(({ config }) => config).filter((one) => String(one.functionName).startsWith(prefix)),
  });
}

function createFunction({ request, functions, code }: Call): ControlAnswer {
  const config = objectOf(request);
  const name = String(config.functionName ?? "");
  if (functions.has(name)) throw new ControlFault(409, "FunctionAlreadyExists", `function '${name}' already exists`);
  const checked = checkedConfig(name, config, code);
  functions.set(name, { config: checked, triggers: new Map(), asyncInvoke: undefined, concurrency: undefined });
  return ok(checked);
}

function updateFunction(call: Call): ControlAnswer {
  const known = found(call);
  known.config = checkedConfig(call.name, { ...known.config, ...objectOf(call.request) }, call.code);
  return ok(known.config);
}

/** Without its code's place, which is read once; with what the platform adds. */
function checkedConfig(functionName: string, { code: place, ...config }: Members, code: CodeBucket): Members {
  const variables = (config.environmentVariables ?? {}) as Record<string, string>;
  try {
    requireVariables(`function ${functionName}`, variables);
  } catch (error) {
    throw new ControlFault(400, "InvalidArgument", (error as Error).message);
  }
  const taken = place === undefined ? {} : code.take(place as { ossBucketName?: string; ossObjectName?: string });
  return { ...config, ...taken, functionName, state: "Active" };
}

function deleteFunction(call: Call): ControlAnswer {
  found(call);
  call.functions.delete(call.name);
  return NO_CONTENT;
}

function createTrigger(call: Call): ControlAnswer {
  const { triggers } = found(call);
  const trigger = objectOf(call.request);
  const name = String(trigger.triggerName ?? "");
  if (triggers.has(name)) throw new ControlFault(409, "TriggerAlreadyExists", `trigger '${name}' already exists`);
  if (triggers.size >= TIMERS_MAX)
    throw new ControlFault(403, "ResourceExceedLimit", `function '${call.name}' has ${TIMERS_MAX} triggers, which is the maximum`);
  requireOwnBucket(call, trigger);
  triggers.set(name, trigger);
  return ok(trigger);
}

/** Native OSS triggers need a bucket of the same account and region. */
function requireOwnBucket({ account }: Call, { triggerType, sourceArn }: Members): void {
  if (triggerType !== "oss") return;
  const [, , region, accountId, bucket] = String(sourceArn).split(":");
  if (accountId === account.accountId && region === account.region) return;
  const whose = accountId === account.accountId ? `region ${region}` : `account ${accountId}`;
  throw new ControlFault(
    403,
    "AccessDenied",
    `bucket '${bucket}' belongs to ${whose}, and the function to ${account.accountId} in ${account.region}`,
  );
}

function updateTrigger(call: Call): ControlAnswer {
  const trigger = { ...triggerOf(call), ...objectOf(call.request) };
  found(call).triggers.set(call.part, trigger);
  return ok(trigger);
}

function deleteTrigger(call: Call): ControlAnswer {
  triggerOf(call);
  found(call).triggers.delete(call.part);
  return NO_CONTENT;
}

/** Get, put and delete of a configuration that a function has once or not at all. */
function configured(segment: string, member: "asyncInvoke" | "concurrency", code: string): (typeof OPERATIONS)[number][] {
  const path = new RegExp(`^functions/([^/]+)/${segment}$`);
  return [
    { method: "GET", path, run: (call) => ok(found(call)[member] ?? missing(code)(call)) },
    {
      method: "PUT",
      path,
      run(call) {
        const config = objectOf(call.request);
        found(call)[member] = config;
        return ok(config);
      },
    },
    {
      method: "DELETE",
      path,
      run(call) {
        found(call)[member] = undefined;
        return NO_CONTENT;
      },
    },
  ];
}

function missing(code: string): Operation {
  return ({ name }) => {
    throw new ControlFault(404, code, `function '${name}' has none`);
  };
}

function listed(member: string): Operation {
  return (call) => {
    found(call);
    return ok({ [member]: [] });
  };
}

function listAsyncConfigs(call: Call): ControlAnswer {
  const { asyncInvoke } = found(call);
  return ok({ configs: asyncInvoke === undefined ? [] : [asyncInvoke] });
}

function found({ functions, name }: Call): DeployedHere {
  const known = functions.get(name);
  if (known !== undefined) return known;
  throw new ControlFault(404, "FunctionNotFound", `function '${name}' does not exist`);
}

function triggerOf(call: Call): Members {
  const trigger = found(call).triggers.get(call.part);
  if (trigger !== undefined) return trigger;
  throw new ControlFault(404, "TriggerNotFound", `trigger '${call.part}' does not exist`);
}
