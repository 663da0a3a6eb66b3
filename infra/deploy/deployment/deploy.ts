import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import type { Environment } from "../../cli/environment.ts";
import { bundleFunctions } from "../bundle.ts";
import { inBundleFolder } from "../renderServerless.ts";
import type { ControlPlane } from "./controlPlane.ts";
import { costLines } from "./costText.ts";
import { staleBundles } from "./freshness.ts";
import { hider } from "./hidden.ts";
import { deployerEnvironment, type Inputs, readInputs } from "./inputs.ts";
import { type Compared, keysOf, openControlPlane, planDeployment } from "./planDeployment.ts";
import { planText } from "./planText.ts";
import { type Keys, type Run, runServerless } from "./runServerless.ts";
import { requireNoTwins, twinsOf } from "./twins.ts";

export interface DeployOptions {
  configPath: string;
  serverlessPath: string;
  /** The bundles' folder; the rendered s.yaml is written there too. */
  folder: string;
  envFile: string | undefined;
  withoutEvents: boolean;
  /** Shows what would be done. */
  plan: boolean;
  /** Takes the bundles as they are; they must be those of the configuration. */
  noBundle: boolean;
  /** Replaces functions that work on another state. */
  takeOver: boolean;
  /** Deploys although functions of another name work on the same state. */
  beside?: boolean;
  /** In place of fc3: the folder of a stand-in. */
  component?: string | undefined;
  write(line: string): void;
}

/**
 * Checks, compares, bundles, runs `s deploy -y` and removes triggers that s.yaml no longer names; `plan` ends after the comparison. Every fault
 * is found before anything is changed. Returns the exit code. Errors: `invalid`, `denied`, `refused`, `transient`.
 */
export async function deploy(options: DeployOptions, shell: Environment): Promise<number> {
  const { write, folder } = options;
  const inputs = readInputs(options, deployerEnvironment(shell, options.envFile));
  const keys = keysOf(inputs.env);
  for (const note of inputs.notes) write(note);
  const configDir = dirname(inputs.configPath);
  const stale = staleBundles(inputs.configText, configDir, folder);
  if (options.noBundle && stale !== undefined) throw new AppError("refused", stale);
  const plane = openControlPlane(inputs, keys);
  const compared = await planDeployment(inputs, plane, { takeOver: options.takeOver, verb: "deploy" });
  const { twins, unread } = await twinsOf(inputs, plane, compared.plan.others);
  const shown = { ...compared.plan, twins: twins.map(({ name }) => name), unread };
  for (const line of planText(shown, costLines(inputs.config)).split("\n")) write(line);
  if (options.beside !== true) requireNoTwins(twins, options);
  if (options.plan) return 0;
  if (!options.noBundle) {
    await bundleFunctions({ configText: inputs.configText, configDir, outDir: folder });
    const fault = staleBundles(inputs.configText, configDir, folder);
    if (fault !== undefined) throw new AppError("refused", fault);
  }
  const run = await runRendered("deploy", { inputs, keys, compared, options });
  const replaced = staleBundles(inputs.configText, configDir, folder);
  if (replaced !== undefined)
    throw new AppError(
      "refused",
      `the bundles were replaced while they were deployed, as by another deployment: deploy again (${replaced})`,
    );
  if (run.code !== 0) {
    write(`s deploy ended with ${run.code}; the functions above its last message are deployed, the others are as they were`);
    return run.code;
  }
  await removeTriggers(plane, compared, write);
  return 0;
}

interface Running {
  inputs: Inputs;
  keys: Keys;
  compared: Compared;
  options: Pick<DeployOptions, "folder" | "component" | "write">;
}

/** Runs `s` on the rendered s.yaml in the bundles' folder; tells where it left its own log. */
export async function runRendered(verb: "deploy" | "remove", { inputs, keys, compared, options }: Running): Promise<Run> {
  const { folder, component, write } = options;
  mkdirSync(folder, { recursive: true });
  const isThere = (name: string) => verb === "deploy" || compared.deployed.some(({ function: found }) => found?.functionName === name);
  writeFileSync(join(folder, "s.yaml"), inBundleFolder(inputs.rendered, { component, isWanted: isThere }));
  const variables = compared.deployed.map(({ function: found }) => found?.environmentVariables ?? {});
  const run = await runServerless(verb, {
    accountId: inputs.accountId,
    folder,
    env: inputs.env,
    keys,
    redact: hider(inputs, keys, variables),
    write,
  });
  for (const log of run.logs) write(`s keeps its own log of this, with the variables in clear: rm -r '${log}'`);
  return run;
}

/** fc3 leaves a trigger deployed that s.yaml no longer names. */
async function removeTriggers(plane: ControlPlane, { plan }: Compared, write: (line: string) => void): Promise<void> {
  for (const { functionName, triggers } of plan.functions)
    for (const { action, name } of triggers) {
      if (action !== "remove") continue;
      await plane.deleteTrigger(functionName, name);
      write(`removed trigger ${name} of ${functionName}, which s.yaml no longer names`);
    }
}
