import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import type { Verification } from "../../repository/drift.ts";
import type { World } from "../world.ts";

interface Named {
  cluster: string;
  name: string;
}

/** A name that no repository has: looking it up reads the root with the cluster's keys. */
const PROBE = "ossnap-verification";

/** The words with which a cluster refuses to read a repository, such as one that it disabled; other faults say nothing about the registration. */
export async function refusedRead(world: World, cluster: string, repository: string): Promise<string | undefined> {
  try {
    await world.cluster(cluster).getSnapshot(repository, PROBE);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (hasCode(error, "refused")) return messageOf(error);
  }
  return undefined;
}

/** The refusal of a cluster that disabled the repository; other faults of a read say nothing about the registration. */
export async function requireEnabled(world: World, { cluster, name }: Named): Promise<void> {
  try {
    await world.cluster(cluster).getSnapshot(name, PROBE);
  } catch (error) {
    if (hasCode(error, "refused")) throw error;
    world.logger.warn("a repository could not be read after its registration", { cluster, repository: name, error: messageOf(error) });
  }
}

/** No node verifies a read-only repository, so its root is read instead. A fault is reported by `repositories`, and by what reads it next. */
export async function verifyReading(world: World, { cluster, name }: Named): Promise<Verification> {
  try {
    await world.cluster(cluster).getSnapshot(name, PROBE);
    return { isGood: true };
  } catch (error) {
    return { isGood: false, message: messageOf(error) };
  }
}
