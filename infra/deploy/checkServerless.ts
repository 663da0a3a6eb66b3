import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type * as z from "zod";
import type { Config } from "../../shared/model/config.ts";
import { messageOf } from "../../shared/model/errors.ts";
import { TIMERS_MAX } from "../../shared/plan/slots.ts";
import { didYouMean, type Fault, fault, nearest, printFault } from "../../shared/repository/fault.ts";
import { ConfigError, printConfigFault } from "../../shared/runtime/config/configError.ts";
import { checkConfig } from "../../shared/runtime/config/loadConfig.ts";
import { pathText, type Segments } from "../../shared/runtime/config/tree.ts";
import { issueWrong } from "../../shared/runtime/issueText.ts";
import { checkFigures } from "./checkLimits.ts";
import { checkNetwork, networkNotes } from "./checkNetwork.ts";
import { checkOverlap, checkTimers, checkWatches, type PlacedTrigger } from "./checkTriggers.ts";
import { awsVariables, checkSecrets, checkVariableNames } from "./checkVariables.ts";
import { FUNCTION_NAMES, functionNameOf } from "./functionLimits.ts";
import { renderServerless } from "./renderServerless.ts";
import { resolveTemplate } from "./resolveTemplate.ts";
import { type FunctionProps, KNOWN_KEYS, type OssTrigger, resourceSchema, serverlessSchema, type Trigger } from "./serverlessSchema.ts";
import { isVariableName, standInsFor } from "./standIns.ts";
import { timersFor, watchTriggersFor, withoutTimer } from "./timersFor.ts";

export interface CheckOptions {
  /** The `${NAME}`s of ossnap.yaml; each function must have all of them in its environment. */
  environmentNames?: readonly string[];
  /** For a platform that rejects OSS triggers, or more watches than it takes: a watch without one is then not a fault. */
  withoutEvents?: boolean;
  /** Replaces the deployer's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Whether the functions run on this machine, which may then have the clusters too. */
  isHere?: boolean;
}

/**
 * Checks an s.yaml against the rules of fc3 and Function Compute and against ossnap.yaml: keys, bounds, each function's figures, timers,
 * watches, secrets, regions, addresses; what is checked is what is deployed ({@link renderServerless}). Returns all faults at once; none means that it may be deployed.
 */
export function checkServerless(serverlessText: string, config: Config, options: CheckOptions = {}): Fault[] {
  // As it is written first: a fault of an anchored section is told once, where it stands.
  const written = resolveTemplate(serverlessText, options.env).faults;
  if (written.length > 0) {
    return written;
  }
  const { document, faults } = resolveTemplate(renderServerless(serverlessText, config), options.env);
  const whole = serverlessSchema.safeParse(document);
  if (!whole.success) {
    return faultsOf(whole.error, document, []);
  }
  const deployed: Deployed[] = [];
  for (const [key, resource] of Object.entries(whole.data.resources)) {
    const one = resourceSchema.safeParse(resource);
    const path = ["resources", key];
    if (one.success) {
      deployed.push({ path: `${pathText(path)}.props`, props: one.data.props });
    } else {
      faults.push(...faultsOf(one.error, resource, path));
    }
  }
  const named = Object.values(whole.data.resources).map(nameInResource);
  return [
    ...faults,
    ...checkBundled(whole.data.actions),
    ...checkVariableNames(serverlessText, options.environmentNames ?? []),
    ...checkNames(named, deployed, config.deployment),
    ...checkNetwork(config, deployed, options.isHere),
    ...checkOrder(Object.keys(whole.data.resources), deployed),
    ...deployed.flatMap((one) => checkOne(one, config, options)),
    ...checkOverlap(deployed.flatMap(ossTriggersOf)),
  ];
}

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/manage-triggers */
const TRIGGERS_PER_FUNCTION_MAX = TIMERS_MAX;

interface Deployed {
  /** `resources.http.props` */
  path: string;
  props: FunctionProps;
}

function checkOne({ path, props }: Deployed, config: Config, options: CheckOptions): Fault[] {
  const name = FUNCTION_NAMES.find((one) => functionNameOf(one, config.deployment) === props.functionName);
  if (name === undefined) {
    return [];
  }
  const faults = [
    ...checkFigures(path, name, props),
    ...checkSecrets(path, props, [...(options.environmentNames ?? []), ...awsVariables(config, props)]),
  ];
  const timers = Object.entries(timersFor(config)).find(([key]) => key === name)?.[1] ?? [];
  faults.push(...checkTimers(path, placed({ path, props }, isKind("timer")), timers));
  const found = ossTriggersOf({ path, props });
  const isWanted = ({ triggerName }: OssTrigger) =>
    options.withoutEvents !== true || found.some(({ trigger }) => trigger.triggerName === triggerName);
  const watched = name === "onCopiedBlob" ? watchTriggersFor(config, props.region).filter(isWanted) : [];
  if (watched.length > TRIGGERS_PER_FUNCTION_MAX) faults.push(tooManyWatches(watched.length, props.region));
  else faults.push(...checkWatches(path, found, watched, props.region));
  return faults;
}

/** Without it `s deploy` would upload the bundles of an earlier version, or none. */
function checkBundled(actions: Readonly<Record<string, unknown>> | undefined): Fault[] {
  const steps = (Array.isArray(actions?.["pre-deploy"]) ? actions["pre-deploy"] : []) as ({ run?: unknown; path?: unknown } | null)[];
  const step = steps.find((one) => String(one?.run ?? "").includes("npm run -s bundle"));
  if (!step)
    return [fault("actions.pre-deploy", "serverless.bundle", "does not bundle the functions", "add\n- run: npm run -s bundle\n  path: ./")];
  if (["./", "."].includes(String(step.path ?? "./"))) return [];
  const wrong = "bundles in another folder than the one that is deployed";
  return [fault("actions.pre-deploy.path", "serverless.bundle", wrong, "write ./", { value: String(step.path) })];
}

function tooManyWatches(count: number, region: string): Fault {
  const wrong = `${count} on OSS in ${region}, and Function Compute accepts ${TRIGGERS_PER_FUNCTION_MAX} triggers per function`;
  return fault(
    "watches",
    "serverless.watches",
    wrong,
    "give the others a deployment of their own, with its own ossnap.yaml and name (deployment: more), or say --without-events: those without a trigger are looked at every minute",
  );
}

/** Requires all seven functions, once each, and no others. A function with other faults still counts as present. */
function checkNames(named: (string | undefined)[], deployed: Deployed[], deployment: string | undefined): Fault[] {
  const wanted: string[] = FUNCTION_NAMES.map((name) => functionNameOf(name, deployment));
  const faults = wanted
    .filter((name) => !named.includes(name))
    .map((name) => fault("resources", "serverless.function", `no resource deploys ${name}`, "add one with that functionName"));
  for (const { path, props } of deployed) {
    const at = `${path}.functionName`;
    const value = props.functionName;
    if (!wanted.includes(value)) {
      faults.push(fault(at, "serverless.function", "none of ossnap's functions", didYouMean(value, wanted), { value }));
    } else if (named.filter((name) => name === value).length > 1) {
      faults.push(fault(at, "serverless.function", "stands in two resources", "keep one of them", { value }));
    }
    const names = (props.triggers ?? []).map(({ triggerName }) => triggerName);
    if (names.length > TRIGGERS_PER_FUNCTION_MAX) {
      const wrong = `${names.length} triggers, and Function Compute accepts ${TRIGGERS_PER_FUNCTION_MAX} per function`;
      faults.push(fault(`${path}.triggers`, "serverless.triggers", wrong, "split the policies or watches over two deployments"));
    }
    for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
      faults.push(fault(`${path}.triggers`, "serverless.trigger", "two triggers have one name", "give each its own", { value: name }));
    }
  }
  return faults;
}

/** fc3 deploys in the order of the file and stops at the first refusal; OSS triggers are what a platform refuses. */
function checkOrder(keys: readonly string[], deployed: readonly Deployed[]): Fault[] {
  const last = keys.at(-1);
  return deployed
    .filter((one) => ossTriggersOf(one).length > 0 && one.path !== `${pathText(["resources", last ?? ""])}.props`)
    .map(({ path }) => {
      const wrong = "has OSS triggers and is not the last resource: if one of them is refused, nothing below is deployed";
      return fault(path.replace(/\.props$/, ""), "serverless.order", wrong, "move it to the end of resources");
    });
}

function ossTriggersOf(deployed: Deployed) {
  return placed(deployed, isKind("oss"));
}

function placed<Kind extends Trigger>({ path, props }: Deployed, is: (trigger: Trigger) => trigger is Kind): PlacedTrigger<Kind>[] {
  return (props.triggers ?? []).flatMap((trigger, index) => (is(trigger) ? [{ trigger, path: `${path}.triggers[${index}]` }] : []));
}

function isKind<Type extends Trigger["triggerType"]>(type: Type) {
  return (trigger: Trigger): trigger is Extract<Trigger, { triggerType: Type }> => trigger.triggerType === type;
}

function faultsOf(error: z.ZodError, input: unknown, at: Segments): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    const path = [...at, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => fault(pathText([...path, key]), "serverless.unknownKey", "unknown key", fixOfKey(key)));
    }
    if (issue.code === "invalid_key") {
      return [
        fault(
          pathText(path),
          "serverless.shape",
          issue.issues[0] === undefined ? issueWrong(issue) : issueWrong(issue.issues[0]),
          "rename it",
        ),
      ];
    }
    const found = issue.path.reduce<unknown>((inside, key) => (inside as Record<PropertyKey, unknown> | undefined)?.[key], input);
    const isSecret = path.includes("environmentVariables");
    const value = found === undefined || typeof found === "object" || isSecret ? null : String(found);
    return [fault(pathText(path), "serverless.shape", issueWrong(issue), found === undefined ? "add it" : "change it", { value })];
  });
}

function fixOfKey(key: string): string {
  return nearest(key, KNOWN_KEYS) === undefined ? "remove it" : didYouMean(key, KNOWN_KEYS);
}

function nameInResource(resource: unknown): string | undefined {
  return (resource as { props?: { functionName?: string } } | null)?.props?.functionName;
}

/** `s deploy` reads s.yaml as it is, without what ossnap.yaml adds to it. */
function onlyRendered(config: Config): Fault[] {
  const keys = (["deployment", "vpc"] as const).filter((key) => config[key] !== undefined);
  return keys.map((key) => fault(key, "serverless.plain", "has no effect on a plain s deploy", "deploy with npm run deploy"));
}

async function main(): Promise<void> {
  const flags = { "without-events": { type: "boolean" }, plain: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ options: flags, allowPositionals: true });
  const [serverlessPath = "s.yaml", configPath = process.env.OSSNAP_CONFIG || "ossnap.yaml"] = positionals;
  const configText = await readFile(configPath, "utf8");
  const standIns = standInsFor(configText);
  const { config, faults: configFaults, warnings } = checkConfig(configText, standIns);
  if (config === undefined) throw new ConfigError(configFaults);
  for (const warning of warnings) process.stderr.write(`${configPath}: warning: ${printConfigFault(warning)}\n`);
  for (const [name, policies] of Object.entries(withoutTimer(config)).filter(([, list]) => list.length > 0))
    process.stderr.write(
      `${configPath}: note: ${name} has more than ${TIMERS_MAX} different schedules, and Function Compute accepts ${TIMERS_MAX} triggers per function; advanceJobs starts within a minute of their time: ${policies.join(", ")}\n`,
    );
  for (const note of networkNotes(config)) process.stderr.write(`${configPath}: note: ${note}\n`);
  const environmentNames = Object.keys(standIns).filter(isVariableName);
  const options = { environmentNames, withoutEvents: values["without-events"] === true };
  const faults = [
    ...(values.plain === true ? onlyRendered(config) : []),
    ...checkServerless(await readFile(serverlessPath, "utf8"), config, options),
  ];
  if (faults.length === 0) {
    process.stdout.write(`${serverlessPath}: right, and in step with ${configPath}\n`);
    return;
  }
  process.stderr.write(
    `${serverlessPath}: ${faults.length === 1 ? "1 fault" : `${faults.length} faults`}\n${faults.map((one) => `  ${printFault(one)}\n`).join("")}`,
  );
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 2;
  });
}
