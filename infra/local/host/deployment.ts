import { basename } from "node:path";
import type { Config } from "../../../shared/model/config.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { printFault } from "../../../shared/repository/fault.ts";
import { pathText } from "../../../shared/runtime/config/tree.ts";
import { issueWrong } from "../../../shared/runtime/issueText.ts";
import type { Bundle } from "../../deploy/bundle.ts";
import { resolveTemplate } from "../../deploy/resolveTemplate.ts";
import { type FunctionProps, type OssTrigger, resourceSchema, serverlessSchema, type Trigger } from "../../deploy/serverlessSchema.ts";
import { triggersFor } from "../../deploy/timersFor.ts";
import type { FunctionSpec } from "../fc/functionSpec.ts";
import type { TimerTrigger } from "../fc/timers.ts";
import type { EventRule } from "../oss/objectEvents.ts";

/** An OSS trigger as a rule of the stand-in, with the function that it starts. */
export interface FunctionEventRule extends EventRule {
  functionName: string;
}

/** What `s deploy` would make of s.yaml: the functions, and what starts them. */
export interface Deployment {
  /** Of the functions; the one of s.yaml's first resource. */
  region: string;
  timers: TimerTrigger[];
  events: FunctionEventRule[];
  http: { functionName: string; authType: string; methods: readonly string[] };
  /** The name under which a bundle is deployed: `ossnap-http` of `http`. Errors: `absent`. */
  nameOf(bundle: string): string;
  specs(bundles: readonly Bundle[], running: Running): FunctionSpec[];
}

export interface DeploymentOptions {
  /** The deployer's: what `${env('NAME')}` becomes. */
  environment: Readonly<Record<string, string>>;
  /**
   * A configuration other than the one that s.yaml was written for: its timers and watches then replace those of the file, as
   * check:serverless would ask for.
   */
  other?: Config | undefined;
}

/** What the account gives to the functions. */
export interface Running {
  variables: Readonly<Record<string, string>>;
  /** Of a role, by its ARN. */
  credentialsOf(role: string): FunctionSpec["credentials"];
}

interface Deployed {
  /** The last part of its `code`: `http` of `./dist/http`. */
  bundle: string;
  props: FunctionProps;
}

/** Reads s.yaml. Errors: `invalid` with every fault of its form; what it must say besides is check:serverless' concern. */
export function readDeployment(text: string, { environment, other }: DeploymentOptions): Deployment {
  const deployed = read(text, environment).map((one) => (other === undefined ? one : { ...one, props: fitted(one, other) }));
  const find = (bundle: string) => {
    const found = deployed.find((one) => one.bundle === bundle);
    if (found === undefined) throw new AppError("absent", `s.yaml: no resource deploys ./dist/${bundle}`);
    return found;
  };
  return {
    region: deployed[0]?.props.region ?? "",
    timers: deployed.flatMap(timersOf),
    events: deployed.flatMap(eventsOf),
    http: httpOf(find("http")),
    nameOf: (bundle) => find(bundle).props.functionName,
    specs: (bundles, running) => deployed.map((one) => specOf(one, bundles, running)),
  };
}

function read(text: string, environment: Readonly<Record<string, string>>): Deployed[] {
  const { document, faults } = resolveTemplate(text, environment);
  if (faults.length > 0) throw wrong(faults.map(printFault));
  const whole = serverlessSchema.safeParse(document);
  if (!whole.success) throw wrong(whole.error.issues.map((issue) => `${pathText(issue.path.map(String))}: ${issueWrong(issue)}`));
  const lines: string[] = [];
  const deployed = Object.entries(whole.data.resources).flatMap(([key, resource]) => {
    const one = resourceSchema.safeParse(resource);
    if (one.success) return [{ bundle: basename(one.data.props.code), props: one.data.props }];
    lines.push(...one.error.issues.map((issue) => `${pathText(["resources", key, ...issue.path.map(String)])}: ${issueWrong(issue)}`));
    return [];
  });
  if (lines.length > 0) throw wrong(lines);
  return deployed;
}

function wrong([first = "", ...lines]: readonly string[]): AppError {
  return new AppError("invalid", `s.yaml: ${first}; npm run check:serverless says more`, { lines });
}

/** The triggers that another configuration needs; an HTTP trigger serves any. */
function fitted({ bundle, props }: Deployed, config: Config): FunctionProps {
  return {
    ...props,
    triggers: [...triggersFor(bundle, config, props.region), ...(props.triggers ?? []).filter(({ triggerType }) => triggerType === "http")],
  };
}

function specOf({ bundle, props }: Deployed, bundles: readonly Bundle[], { variables, credentialsOf }: Running): FunctionSpec {
  const { asyncInvokeConfig, concurrencyConfig } = props;
  return {
    name: props.functionName,
    bundle: bundles.find(({ name }) => name === bundle)?.path ?? props.code,
    handler: props.handler,
    timeoutSeconds: props.timeout,
    memoryMb: props.memorySize,
    maxAsyncRetryAttempts: asyncInvokeConfig?.maxAsyncRetryAttempts,
    maxAsyncEventAgeSeconds: asyncInvokeConfig?.maxAsyncEventAgeInSeconds,
    asyncTask: asyncInvokeConfig?.asyncTask,
    reservedConcurrency: concurrencyConfig?.reservedConcurrency,
    environmentVariables: { ...props.environmentVariables, ...variables },
    credentials: credentialsOf(props.role),
  };
}

function timersOf({ props }: Deployed): TimerTrigger[] {
  return triggersOf(props, "timer")
    .filter(({ triggerConfig }) => triggerConfig.enable)
    .map(({ triggerName, triggerConfig: { cronExpression, payload = "" } }) => ({
      functionName: props.functionName,
      name: triggerName,
      cron: cronExpression,
      payload,
    }));
}

function eventsOf({ props }: Deployed): FunctionEventRule[] {
  return triggersOf(props, "oss").map((trigger) => ({ functionName: props.functionName, ...ruleOf(trigger) }));
}

function ruleOf({ sourceArn, triggerConfig: { events, filter } }: OssTrigger): EventRule {
  return { bucket: sourceArn.split(":").at(-1) ?? "", prefix: filter.key.prefix, suffix: filter.key.suffix ?? "", events };
}

function httpOf({ props }: Deployed): Deployment["http"] {
  const [trigger] = triggersOf(props, "http");
  if (trigger === undefined) throw new AppError("invalid", `s.yaml: ${props.functionName} has no http trigger; add one`);
  const { authType, methods } = trigger.triggerConfig;
  return { functionName: props.functionName, authType, methods };
}

function triggersOf<Type extends Trigger["triggerType"]>({ triggers = [] }: FunctionProps, type: Type) {
  return triggers.filter((trigger): trigger is Extract<Trigger, { triggerType: Type }> => trigger.triggerType === type);
}
