import { AppError, hasCode } from "../../../shared/model/errors.ts";
import { placeId } from "../../../shared/repository/place.ts";
import { FUNCTION_LIMITS } from "../functionLimits.ts";
import type { ControlPlane } from "./controlPlane.ts";
import type { Inputs } from "./inputs.ts";
import { PREFIX, stateOf } from "./planDeployment.ts";
import { type Removal, undeployCommand } from "./undeployCommand.ts";

/**
 * Functions under other names that work on the state of this deployment, such as those from before it was named: both would do its work, each by
 * its own ossnap.yaml. Those of a plain `s deploy` do not say on which state they work; they may be of this one.
 */
export async function twinsOf({ config }: Pick<Inputs, "config">, plane: ControlPlane, others: readonly string[]): Promise<Twins> {
  const own = placeId(config.state);
  const found: Twins = { twins: [], unread: [] };
  for (const name of others) {
    const named = deploymentIn(name);
    if (named === undefined) continue;
    const state = await stateAt(plane, name);
    if (state === "unread") found.unread.push(name);
    else if (state === own || (state === "unsaid" && named.deployment === undefined))
      found.twins.push({ name, deployment: named.deployment, isMarked: state === own });
  }
  return found;
}

async function stateAt(plane: ControlPlane, name: string): Promise<string> {
  try {
    const found = await plane.function(name);
    return found === undefined ? "gone" : (stateOf(found) ?? "unsaid");
  } catch (error) {
    // The deployer of one deployment need not have rights on another's functions.
    if (hasCode(error, "denied")) return "unread";
    throw error;
  }
}

export interface Twins {
  twins: Twin[];
  /** Functions that the keys may not read. */
  unread: string[];
}

export interface Twin {
  name: string;
  deployment: string | undefined;
  /** Whether it says that it works on this state. */
  isMarked: boolean;
}

/** Errors: `refused`, with the command that removes each deployment of them. */
export function requireNoTwins(
  twins: readonly Twin[],
  { configPath, serverlessPath, envFile }: Pick<Removal, "configPath" | "serverlessPath" | "envFile">,
): void {
  if (twins.length === 0) return;
  const files = { configPath, serverlessPath, envFile };
  const deployments = [...new Set(twins.map(({ deployment }) => deployment))];
  const lines = deployments.map((deployment) => {
    const isMarked = twins.some((one) => one.deployment === deployment && one.isMarked);
    return `  ${undeployCommand({ ...files, other: { deployment }, takeOver: !isMarked })}`;
  });
  const names = twins.map(({ name }) => name).join(", ");
  const unknown = twins.some(({ isMarked }) => isMarked) ? "" : " or do not say on which they work";
  throw new AppError(
    "refused",
    `functions of another name work on the state of this deployment${unknown} (${names}): nothing was deployed; remove them first, open jobs go on with the new ones (or say --beside):`,
    { lines },
  );
}

/** `{ deployment: undefined }` for a function without a deployment's name; `undefined` for none of ossnap's. */
function deploymentIn(functionName: string): { deployment: string | undefined } | undefined {
  for (const { functionName: base } of Object.values(FUNCTION_LIMITS)) {
    if (functionName === base) return { deployment: undefined };
    const end = `-${base.slice(PREFIX.length)}`;
    const deployment = functionName.endsWith(end) ? functionName.slice(PREFIX.length, -end.length) : "";
    if (deployment !== "") return { deployment };
  }
  return undefined;
}
