import { AppError } from "../../../shared/model/errors.ts";
import { placeId } from "../../../shared/repository/place.ts";
import { endpointOf } from "../../../shared/runtime/settings.ts";
import type { Environment } from "../../cli/environment.ts";
import { STATE_VARIABLE } from "../renderServerless.ts";
import { compareFunction, type Deployed, readDeployed } from "./compare.ts";
import { type ControlPlane, fcControlPlane } from "./controlPlane.ts";
import type { Inputs } from "./inputs.ts";
import type { DeploymentPlan } from "./planText.ts";
import type { Keys } from "./runServerless.ts";

/** What every function of ossnap is called by. */
export const PREFIX = "ossnap-";

/** The deployer's keys. Errors: `denied` when they are not set. */
export function keysOf(env: Environment): Keys {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret } = env;
  if (!accessKeyId || !accessKeySecret)
    throw new AppError(
      "denied",
      "deploying needs the deployer's keys: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, in the shell or in the file of --env-file",
    );
  return { accessKeyId, accessKeySecret, securityToken: env.ALIBABA_CLOUD_SECURITY_TOKEN || undefined };
}

export function openControlPlane({ region, env }: Pick<Inputs, "region" | "env">, keys: Keys): ControlPlane {
  const { host, protocol } = endpointOf("OSSNAP_FC_ENDPOINT", env.OSSNAP_FC_ENDPOINT) ?? {};
  return fcControlPlane({ region, endpoint: host, protocol, ...keys });
}

export interface Compared {
  plan: Omit<DeploymentPlan, "twins" | "unread">;
  deployed: Deployed[];
}

export interface PlanOptions {
  /** Functions of that name may work on another state. */
  takeOver: boolean;
  /** What follows: a removal has other ways out than a deployment. */
  verb: "deploy" | "remove";
}

/** Compares what is to be with what is deployed. Errors: `refused` when the functions of that name work on another state. */
export async function planDeployment(inputs: Inputs, plane: ControlPlane, { takeOver, verb }: PlanOptions): Promise<Compared> {
  const { functions, region, config } = inputs;
  const names = await plane.names(PREFIX);
  const deployed: Deployed[] = [];
  for (const { functionName } of functions)
    deployed.push(
      names.includes(functionName)
        ? await readDeployed(plane, functionName)
        : { function: undefined, async: undefined, reservedConcurrency: undefined, triggers: [] },
    );
  if (!takeOver) requireSameState(inputs, deployed, FIXES[verb]);
  const own = functions.map(({ functionName }) => functionName);
  const unmarked = deployed.flatMap(({ function: found }) => (found && stateOf(found) === undefined ? [found.functionName] : []));
  const changes = functions.map((props, index) => compareFunction(props, deployed[index] as Deployed));
  const plan = { region, deployment: config.deployment, functions: changes, others: names.filter((name) => !own.includes(name)), unmarked };
  return { plan, deployed };
}

const FIXES: Readonly<Record<PlanOptions["verb"], string>> = {
  deploy: "give this deployment a name of its own (deployment: more), or say --take-over",
  remove: "name the ossnap.yaml of those functions (--config), or say --take-over to remove them by this one",
};

/** A second deployment of one name would take over the first one's functions, whose jobs and snapshots are then left alone. */
function requireSameState({ config, configPath }: Inputs, deployed: readonly Deployed[], fix: string): void {
  const own = placeId(config.state);
  for (const { function: found } of deployed) {
    if (found === undefined) continue;
    const other = stateOf(found);
    if (other === own) continue;
    if (other === undefined)
      throw new AppError(
        "refused",
        `${found.functionName} is deployed already and does not say for which state: by an earlier version, or by s itself; if it works on ${own}, say --take-over, else ${fix.replace(/, or say .*/, "")}`,
      );
    throw new AppError(
      "refused",
      `${found.functionName} is deployed already, for the state ${other}, and ${configPath} has the state ${own}: ${fix}`,
    );
  }
}

export function stateOf({ environmentVariables }: NonNullable<Deployed["function"]>): string | undefined {
  return environmentVariables?.[STATE_VARIABLE];
}
