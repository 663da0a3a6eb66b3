import { existsSync, readFileSync } from "node:fs";
import type { Config } from "../../../shared/model/config.ts";
import { AppError, fileFaultOf } from "../../../shared/model/errors.ts";
import { printFault } from "../../../shared/repository/fault.ts";
import { ConfigError, printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { hasPlaceholder } from "../../../shared/runtime/config/environment.ts";
import { isPem, NAME_PATTERN } from "../../../shared/runtime/config/fields.ts";
import { checkConfig, resolvedConfigText } from "../../../shared/runtime/config/loadConfig.ts";
import { endpointOf } from "../../../shared/runtime/settings.ts";
import { type Environment, parseEnvironment } from "../../cli/environment.ts";
import { addressKind } from "../addressKind.ts";
import { networkNotes } from "../checkNetwork.ts";
import { checkServerless } from "../checkServerless.ts";
import { renderServerless } from "../renderServerless.ts";
import { resolveTemplate } from "../resolveTemplate.ts";
import { type FunctionProps, resourceSchema } from "../serverlessSchema.ts";
import { isVariableName, standInsFor } from "../standIns.ts";

/** What a deployment is made of, read and checked as a whole before anything is asked of the cloud. */
export interface Inputs {
  configPath: string;
  configText: string;
  config: Config;
  /** s.yaml with what ossnap.yaml says about the deployment; expressions as written. */
  rendered: string;
  /** The functions as they are to be, with every expression resolved. */
  functions: FunctionProps[];
  region: string;
  /** The number of the account; absent only where names are enough. */
  accountId: string | undefined;
  env: Environment;
  /** Lines for the deployer: warnings of ossnap.yaml, and what must be set up beside ossnap. */
  notes: string[];
}

export interface InputOptions {
  configPath: string;
  serverlessPath: string;
  withoutEvents: boolean;
  /** Variables that are not set get a value of no meaning: a removal needs names only. */
  namesOnly?: boolean;
  /** In place of the name that ossnap.yaml has. */
  named?: { deployment: string | undefined } | undefined;
}

/** The shell's variables, then those of `--env-file`, then those of the file that `s` reads by itself. Errors: `invalid`. */
export function deployerEnvironment(shell: Environment, envFile: string | undefined, ownFile = ".env"): Environment {
  const own = existsSync(ownFile) ? parseEnvironment(readText(ownFile), ownFile) : {};
  const named = envFile === undefined ? {} : parseEnvironment(readText(envFile), envFile);
  const given = Object.entries(shell).filter(([, value]) => value !== undefined && value !== "");
  return { ...own, ...named, ...Object.fromEntries(given) };
}

/** Errors: `invalid`, with every fault: variables that are not set, ossnap.yaml, s.yaml, and what they say of each other. */
export function readInputs(
  { configPath, serverlessPath, withoutEvents, namesOnly = false, named }: InputOptions,
  given: Environment,
): Inputs {
  const [configText, serverlessText] = [configPath, serverlessPath].map(readText) as [string, string];
  const standIns = standInsFor(configText);
  const secrets = Object.fromEntries(Object.entries(standIns).filter(([name]) => !isVariableName(name)));
  const names = Object.keys(standIns).filter(isVariableName);
  const unset = unsetVariables(names, serverlessText, given);
  if (!namesOnly) requireVariables(unset, names, { configPath, serverlessPath });
  const env = { ...given, ...Object.fromEntries(unset.map((name) => [name, standIns[name] ?? "unset"])) };
  const { config: written, faults: wrong, warnings } = checkConfig(configText, { ...env, ...secrets });
  if (written === undefined) throw new ConfigError(wrong);
  if (named?.deployment !== undefined) requireName(named.deployment);
  if (!namesOnly) requireCertificates(configText, written);
  const config = { ...written, ...named };
  const faults = checkServerless(serverlessText, config, { environmentNames: names, withoutEvents, env, isHere: isHere(env) });
  if (faults.length > 0)
    throw new AppError("invalid", `${serverlessPath}: cannot be deployed`, { lines: faults.flatMap((one) => printFault(one).split("\n")) });
  const rendered = renderServerless(serverlessText, config);
  const functions = functionsOf(rendered, env);
  const accountId = env.ACCOUNT_ID || accountIn(functions[0]?.role);
  if (!namesOnly) requireOneAccount(functions, accountId);
  requirePlainValues(functions);
  if (accountId === undefined && !namesOnly) requireVariables(["ACCOUNT_ID"], names, { configPath, serverlessPath });
  const notes = [...warnings.map((one) => `warning: ${printConfigFault(one)}`), ...networkNotes(config)].map(
    (one) => `${configPath}: ${one}`,
  );
  return { configPath, configText, config, rendered, functions, region: functions[0]?.region ?? "", accountId, env, notes };
}

/** A bundle has the certificates that ossnap.yaml names as files; the file that a variable names is on this machine only. */
function requireCertificates(configText: string, { clusters }: Config): void {
  const { clusters: asWritten = {} } = JSON.parse(resolvedConfigText(configText)) as { clusters?: Record<string, { ca?: string }> };
  for (const [name, { ca }] of Object.entries(clusters)) {
    const inFile = asWritten[name]?.ca ?? "";
    if (ca === undefined || !hasPlaceholder(inFile) || isPem(ca)) continue;
    const fix =
      "set the variable to the certificate's text, or write the file's name into ossnap.yaml, whose text the bundles then contain";
    throw new AppError("invalid", `clusters.${name}.ca: ${inFile} names a file, which the functions do not have; ${fix}`);
  }
}

function requireName(deployment: string): void {
  if (!new RegExp(NAME_PATTERN).test(deployment))
    throw new AppError(
      "invalid",
      `--named: ${JSON.stringify(deployment)} is no name of a deployment; write it as ossnap.yaml had it (deployment: NAME)`,
    );
}

/** Deployed to a stand-in of Function Compute on this machine, the functions run on it. */
function isHere({ OSSNAP_FC_ENDPOINT: endpoint = "" }: Environment): boolean {
  const { host } = endpointOf("OSSNAP_FC_ENDPOINT", endpoint) ?? {};
  return host !== undefined && addressKind(host.replace(/:\d+$/, ""))?.from === "machine";
}

/** `env('NAME')` and `env('NAME', 'default')`. */
const READ = /env\(\s*(['"])([^'"]+)\1\s*(?:,\s*(['"])(.*?)\3\s*)?\)/g;

function unsetVariables(ofConfig: readonly string[], serverlessText: string, env: Environment): string[] {
  const lines = serverlessText.replaceAll(/^\s*#.*$/gm, "");
  const withoutDefault = [...lines.matchAll(READ)].flatMap(([, , name = "", , fallback = ""]) => (fallback === "" ? [name] : []));
  return [...new Set([...ofConfig, ...withoutDefault])].filter((name) => !env[name]);
}

/** `s` would deploy a variable with an empty default as an empty text, and stop at one without any only after others were deployed. */
function requireVariables(
  unset: readonly string[],
  ofConfig: readonly string[],
  { configPath, serverlessPath }: Pick<InputOptions, "configPath" | "serverlessPath">,
): void {
  if (unset.length === 0) return;
  const told = unset.map((name) => {
    const isOfConfig = ofConfig.includes(name);
    const otherwise =
      isOfConfig || ["ACCOUNT_ID", "OSSNAP_ROLE_ARN", "OSSNAP_HTTP_ROLE_ARN"].includes(name)
        ? ""
        : ` (or remove its line from ${serverlessPath})`;
    return `${name}, which ${isOfConfig ? configPath : serverlessPath} needs${otherwise}`;
  });
  const fix = "in the shell, in .env, or in a file of NAME=value (--env-file)";
  if (told.length === 1) throw new AppError("invalid", `a variable is not set: ${told[0]}; set it ${fix}`);
  throw new AppError("invalid", `${told.length} variables are not set; set them ${fix}:`, { lines: told });
}

/** `s` replaces expressions in values too: another value than the one that was set would be deployed, without a word. */
function requirePlainValues(functions: readonly FunctionProps[]): void {
  const values = functions.flatMap(({ environmentVariables = {} }) => Object.entries(environmentVariables));
  const names = [...new Set(values.filter(([, value]) => value.includes("${")).map(([name]) => name))];
  if (names.length === 0) return;
  const wrong = "a value must not contain ${, which s would replace";
  throw new AppError("invalid", `${names.join(", ")}: ${wrong}; choose another value, or keep it in KMS (\${kms:NAME})`);
}

/** A role of another account, or none, would be refused by the platform only after other functions were deployed. */
function requireOneAccount(functions: readonly FunctionProps[], own: string | undefined): void {
  for (const { functionName, role } of functions) {
    if (role === undefined || accountIn(role) === own) continue;
    const wrong = accountIn(role) === undefined ? "is no role" : `is a role of another account than ${own}`;
    throw new AppError("invalid", `the role of ${functionName} ${wrong}: ${role}; write acs:ram::${own ?? "ACCOUNT_ID"}:role/NAME`);
  }
}

/** fc3 needs the account's number, for the log project among others, even where s.yaml does not. */
function accountIn(role: string | undefined): string | undefined {
  return /^acs:ram::(\d+):role\//.exec(role ?? "")?.[1];
}

function functionsOf(rendered: string, env: Environment): FunctionProps[] {
  const { document } = resolveTemplate(rendered, env);
  const { resources = {} } = (document ?? {}) as { resources?: Record<string, unknown> };
  return Object.values(resources).map((resource) => resourceSchema.parse(resource).props);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError("invalid", `${path}: ${fileFaultOf(cause)}; name the file`, { cause });
  }
}
