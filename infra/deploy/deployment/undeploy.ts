import { AppError } from "../../../shared/model/errors.ts";
import { counted } from "../../../shared/words/numbers.ts";
import type { Environment } from "../../cli/environment.ts";
import { type DeployOptions, runRendered } from "./deploy.ts";
import { deployerEnvironment, readInputs } from "./inputs.ts";
import { keysOf, openControlPlane, planDeployment } from "./planDeployment.ts";
import { undeployCommand } from "./undeployCommand.ts";

export interface UndeployOptions
  extends Pick<DeployOptions, "configPath" | "serverlessPath" | "folder" | "envFile" | "takeOver" | "component" | "write"> {
  /** Without it nothing is removed. */
  yes: boolean;
  /** A deployment of another name than ossnap.yaml's, such as the one from before it had a name. */
  other?: { deployment: string | undefined } | undefined;
}

/**
 * Shows, and with `yes` removes by `s remove -y`, the functions of one deployment with all their triggers. The state, snapshots, roles, and
 * the log project stay. Returns the exit code. Errors: as {@link deploy}; `permanent` when functions are left.
 */
export async function undeploy(options: UndeployOptions, shell: Environment): Promise<number> {
  const { write } = options;
  const inputs = readInputs(
    { ...options, withoutEvents: true, namesOnly: true, named: options.other },
    deployerEnvironment(shell, options.envFile),
  );
  const keys = keysOf(inputs.env);
  const plane = openControlPlane(inputs, keys);
  const compared = await planDeployment(inputs, plane, { takeOver: options.takeOver, verb: "remove" });
  const there = compared.deployed.flatMap(({ function: found, triggers }) =>
    found === undefined
      ? []
      : [{ name: found.functionName, triggers: triggers.map(({ triggerName, triggerType }) => `${triggerType} trigger ${triggerName}`) }],
  );
  if (there.length === 0) {
    write(`nothing of this deployment is in ${inputs.region}`);
    return 0;
  }
  write(`${options.yes ? "Removing" : "Would remove"} ${counted(there.length, "function", "functions")} in ${inputs.region}:`);
  for (const { name, triggers } of there) write(`- ${[name, ...triggers].join(", ")}`);
  write("The state, the snapshots, roles and the log project stay.");
  if (!options.yes) {
    write(`Nothing was removed: ${undeployCommand(options)} removes them`);
    return 0;
  }
  const run = await runRendered("remove", { inputs, keys, compared, options });
  const names = there.map(({ name }) => name);
  const left = (await plane.names("ossnap-")).filter((name) => names.includes(name));
  if (run.code === 0 && left.length === 0) return 0;
  throw new AppError("permanent", `s remove ended with ${run.code}; still deployed: ${left.join(", ") || "nothing"}`);
}
