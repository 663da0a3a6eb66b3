import { type RepositoryQuestion, readonlyRegistration, registerRepository, repositoryState } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { type RepositoryRow, rowOf } from "./show.ts";

/**
 * Registers or updates one repository according to ossnap.yaml and has the cluster verify it. A name that is in use for another repository
 * is rejected.
 */
export async function registerByHand(world: World, name: string): Promise<RepositoryRow & { nodes: number }> {
  if (world.paused)
    throw new AppError("conflict", `repositories.${name}: ossnap is paused; resume it first: \`ossnap resume\``, {
      reason: reason("job.paused"),
    });
  const question = questionOf(world, name);
  const { need } = await repositoryState(world, question);
  if (need && "fault" in need)
    throw new AppError(
      "conflict",
      `repositories.${name}: ${question.cluster} has this name registered with other settings; choose another name, or delete that registration first`,
      { reason: need.fault },
    );
  await registerRepository(world, question);
  const readonly = question.register.settings.readonly === true;
  const { nodes } = readonly ? { nodes: 0 } : await world.cluster(question.cluster).verifyRepository(name);
  return { ...(await rowOf(world, question, name)), nodes };
}

/** The wanted registration of a repository or watch, by its registered name. */
export function questionOf(world: World, name: string): RepositoryQuestion {
  const watch = Object.values(world.config.watches).find(({ register }) => register.name === name);
  if (watch) return { cluster: watch.cluster, name, register: readonlyRegistration(watch.register) };
  const watched = Object.values(world.config.watches).map(({ register }) => register.name);
  const { cluster, register } = configured(world.config, "repositories", name, watched);
  if (register === undefined)
    throw new AppError(
      "invalid",
      `repositories.${name}.register: is not in ossnap.yaml, so ossnap only reads the repository; add it first`,
      {
        reason: reason("registration.notOurs", { repository: name }),
      },
    );
  return { cluster, name, register };
}
