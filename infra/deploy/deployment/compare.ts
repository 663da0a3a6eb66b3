import type { FunctionProps, Trigger } from "../serverlessSchema.ts";
import type { ControlPlane, DeployedAsync, DeployedFunction, DeployedTrigger } from "./controlPlane.ts";

export interface Figure {
  name: string;
  /** `undefined` for one that is not set. */
  from: string | undefined;
  to: string | undefined;
}

export interface TriggerChange {
  action: "create" | "change" | "remove";
  name: string;
  type: string;
  figures: Figure[];
}

export interface FunctionChange {
  functionName: string;
  action: "create" | "change" | "same";
  /** As it is to be. */
  props: FunctionProps;
  figures: Figure[];
  /** By name only: a value may be a secret. */
  variables: { added: string[]; changed: string[]; removed: string[] };
  triggers: TriggerChange[];
}

/** What of one function is deployed. */
export interface Deployed {
  function: DeployedFunction | undefined;
  async: DeployedAsync | undefined;
  reservedConcurrency: number | undefined;
  triggers: DeployedTrigger[];
}

/** Reads what is deployed under one name; of a function that is not there nothing else is asked for. */
export async function readDeployed(plane: ControlPlane, name: string): Promise<Deployed> {
  const found = await plane.function(name);
  if (found === undefined) return { function: undefined, async: undefined, reservedConcurrency: undefined, triggers: [] };
  return {
    function: found,
    async: await plane.asyncConfig(name),
    reservedConcurrency: await plane.reservedConcurrency(name),
    triggers: await plane.triggers(name),
  };
}

/** What a deployment changes of one function beside its code, which is always sent. */
export function compareFunction(props: FunctionProps, deployed: Deployed): FunctionChange {
  const { functionName, triggers = [] } = props;
  const isNew = deployed.function === undefined;
  const figures = isNew ? [] : differing(figuresOf(props), deployedFigures(deployed, props));
  const variables = variableChanges(props.environmentVariables ?? {}, deployed.function?.environmentVariables ?? {});
  const changes = triggerChanges(triggers, deployed.triggers);
  const isSame = figures.length + changes.length + Object.values(variables).flat().length === 0;
  const action = isNew ? "create" : isSame ? "same" : "change";
  return { functionName, action, props, figures, variables, triggers: changes };
}

type Figures = Readonly<Record<string, string | undefined>>;

function figuresOf(props: FunctionProps): Figures {
  const { vpcConfig, asyncInvokeConfig: async } = props;
  return {
    runtime: props.runtime,
    handler: props.handler,
    memorySize: String(props.memorySize),
    cpu: String(props.cpu),
    diskSize: String(props.diskSize),
    timeout: String(props.timeout),
    internetAccess: String(props.internetAccess ?? true),
    role: props.role,
    description: props.description ?? "",
    ...(vpcConfig === "auto" ? {} : { vpcConfig: vpcText(vpcConfig) }),
    ...(async === undefined ? {} : asyncFigures(async)),
    reservedConcurrency: textOf(props.concurrencyConfig?.reservedConcurrency),
  };
}

/** Only what s.yaml says can differ: fc3 leaves the rest as it is. */
function deployedFigures({ function: found, async, reservedConcurrency }: Deployed, { role, asyncInvokeConfig }: FunctionProps): Figures {
  const foundRole = found?.role ?? undefined;
  return {
    runtime: found?.runtime ?? undefined,
    handler: found?.handler ?? undefined,
    memorySize: textOf(found?.memorySize),
    cpu: textOf(found?.cpu),
    diskSize: textOf(found?.diskSize),
    timeout: textOf(found?.timeout),
    internetAccess: String(found?.internetAccess ?? true),
    // fc3 completes a bare name to the ARN.
    role: foundRole?.toLowerCase().endsWith(`:role/${role}`) ? role : foundRole?.toLowerCase(),
    description: found?.description ?? "",
    vpcConfig: vpcText(found?.vpcConfig),
    ...(asyncInvokeConfig === undefined ? {} : asyncFigures(async ?? {})),
    reservedConcurrency: textOf(reservedConcurrency),
  };
}

function asyncFigures({ maxAsyncRetryAttempts, maxAsyncEventAgeInSeconds, asyncTask }: Partial<DeployedAsync>): Figures {
  return {
    maxAsyncRetryAttempts: textOf(maxAsyncRetryAttempts),
    maxAsyncEventAgeInSeconds: textOf(maxAsyncEventAgeInSeconds),
    asyncTask: String(asyncTask ?? false),
  };
}

interface VpcShape {
  vpcId?: string | null | undefined;
  vSwitchIds?: string | string[] | null | undefined;
  securityGroupId?: string | null | undefined;
}

/** An account without a VPC for the function has empty ids. */
function vpcText(config: VpcShape | null | undefined): string | undefined {
  if (!config?.vpcId) return undefined;
  return [config.vpcId, [config.vSwitchIds ?? []].flat().join("+"), config.securityGroupId ?? ""].join(", ");
}

function variableChanges(wanted: Readonly<Record<string, string>>, found: Readonly<Record<string, string>>): FunctionChange["variables"] {
  const names = Object.keys(wanted);
  return {
    added: names.filter((name) => found[name] === undefined),
    changed: names.filter((name) => found[name] !== undefined && found[name] !== wanted[name]),
    removed: Object.keys(found).filter((name) => wanted[name] === undefined),
  };
}

function triggerChanges(wanted: readonly Trigger[], found: readonly DeployedTrigger[]): TriggerChange[] {
  const made = wanted.flatMap((trigger): TriggerChange[] => {
    const base = { name: trigger.triggerName, type: trigger.triggerType };
    const before = found.find(({ triggerName }) => triggerName === trigger.triggerName);
    const figures = differing(triggerFigures(trigger), before === undefined ? {} : deployedTriggerFigures(before));
    if (before === undefined) return [{ action: "create", ...base, figures }];
    return figures.length === 0 ? [] : [{ action: "change", ...base, figures }];
  });
  const names = wanted.map(({ triggerName }) => triggerName);
  const gone = found.filter(({ triggerName }) => !names.includes(triggerName));
  return [
    ...made,
    ...gone.map(({ triggerName: name, triggerType: type }): TriggerChange => ({ action: "remove", name, type, figures: [] })),
  ];
}

function triggerFigures(trigger: Trigger): Figures {
  const sourceArn = trigger.triggerType === "oss" ? trigger.sourceArn : undefined;
  return configFigures(trigger.triggerType, trigger.triggerConfig, sourceArn);
}

function deployedTriggerFigures({ triggerType, triggerConfig, sourceArn }: DeployedTrigger): Figures {
  let config: unknown = {};
  try {
    config = JSON.parse(triggerConfig ?? "{}");
  } catch {
    // Compared as empty: every member then differs, and the deployment writes it anew.
  }
  return configFigures(triggerType, config, triggerType === "oss" ? (sourceArn ?? undefined) : undefined);
}

interface AnyConfig {
  enable?: unknown;
  cronExpression?: unknown;
  authType?: unknown;
  methods?: unknown;
  disableURLInternet?: unknown;
  events?: unknown;
  filter?: { key?: { prefix?: unknown; suffix?: unknown } };
}

function configFigures(type: string, given: unknown, sourceArn: string | undefined): Figures {
  const { enable, cronExpression, authType, methods, disableURLInternet = false, events, filter } = (given ?? {}) as AnyConfig;
  const lists = (value: unknown) => (Array.isArray(value) ? [...value].sort().join(" ") : undefined);
  if (type === "timer") return { type, cronExpression: textOf(cronExpression), enable: textOf(enable) };
  if (type === "http") return { type, authType: textOf(authType), methods: lists(methods), disableURLInternet: String(disableURLInternet) };
  return {
    type,
    bucket: sourceArn,
    events: lists(events),
    prefix: textOf(filter?.key?.prefix),
    suffix: textOf(filter?.key?.suffix || undefined),
  };
}

function differing(wanted: Figures, found: Figures): Figure[] {
  return Object.entries(wanted).flatMap(([name, to]) => (found[name] === to ? [] : [{ name, from: found[name], to }]));
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
