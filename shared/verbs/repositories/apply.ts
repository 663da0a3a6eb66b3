import { type RepositoryQuestion, readonlyRegistration, registerRepository, repositoryState } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { changeText } from "../../repository/drift.ts";
import { type RepositoryRow, rowOf } from "./show.ts";

/**
 * Registers or updates one repository according to ossnap.yaml and has the cluster verify it. A name that is in use for another repository
 * is rejected, and so are changes of settings that ossnap did not register itself, unless `overwrite` is given.
 */
export async function registerByHand(
  world: World,
  name: string,
  { overwrite }: { overwrite: boolean } = { overwrite: false },
): Promise<RepositoryRow & { nodes: number }> {
  if (world.paused)
    throw new AppError("conflict", `repositories.${name}: ossnap is paused; resume it first: \`ossnap resume\``, {
      reason: reason("job.paused"),
    });
  const question = questionOf(world, name);
  const { need, overwrites } = await repositoryState(world, question);
  const refused = (why: Reason, fix: string) =>
    new AppError("conflict", `repositories.${name}: ${question.cluster} has this name registered ${fix}`, { reason: why });
  if (need && "fault" in need)
    throw refused(need.fault, `for another place (${settingsOf(need.fault)}); choose another name, or delete that registration first`);
  if (overwrites.length > 0 && !overwrite) {
    const why = reason("repository.overwrites", {
      repository: name,
      cluster: question.cluster,
      settings: overwrites.map(changeText),
    });
    const fix = `write them into ossnap.yaml, or overwrite them: \`ossnap repositories register ${name} --apply --overwrite\``;
    throw refused(why, `with settings that ossnap did not register (${settingsOf(why)}); ${fix}`);
  }
  await registerRepository(world, question);
  const readonly = question.register.settings.readonly === true;
  const { nodes } = readonly ? { nodes: 0 } : await world.cluster(question.cluster).verifyRepository(name);
  return { ...(await rowOf(world, question, name)), nodes };
}

function settingsOf({ params: { settings } }: Reason): string {
  return Array.isArray(settings) ? settings.join(", ") : "";
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
