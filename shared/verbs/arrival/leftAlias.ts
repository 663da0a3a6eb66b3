import * as z from "zod";
import type { OpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import { messageOf } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { JOB_MARKER_KEY } from "../../model/restoredName.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { aliasNames } from "../../plan/aliases/moves.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { readHint } from "../../state/records.ts";

interface AliasPlace {
  alias: string;
  cluster: string;
}

/** What is stored of a watch's alias. */
interface WatchAlias {
  now: AliasPlace[] | AliasPlace | null;
  /** Aliases that it moved before, and that are still on an index that ossnap restored. */
  left: AliasPlace[];
}

const PLACE = z.looseObject({ alias: z.string(), cluster: z.string() });
const ALIAS = z.looseObject({ now: z.union([z.array(PLACE), PLACE, z.null()]), left: z.array(PLACE) });

/** `indices` is undefined if the cluster does not answer. */
type LeftAlias = AliasPlace & { indices: string[] | undefined };

const LEFT_MAX = 5;
const NAMES_SHOWN = 3;

const keyOf = (watchName: string) => `watch-alias:${watchName}`;

/**
 * Reports once which alias a watch moved before ossnap.yaml named another one: no restore moves it any more, and nothing deletes its index.
 * Only a changed watch, and one with such an alias, costs a request.
 */
export async function reportLeftAlias(world: World, work: OpenWork, watchName: string, isChanged: boolean): Promise<void> {
  const key = keyOf(watchName);
  const isTold = work.live.notices.has(key);
  if (!isChanged && !isTold) return;
  const { value: stored } = await readHint<WatchAlias>(world, stateKey.watchAlias(watchName), ALIAS);
  const { cluster, restore, register } = configured(world.config, "watches", watchName);
  const now = aliasNames(restore).map((alias): AliasPlace => ({ alias, cluster }));
  const before = [...(stored?.left ?? []), ...movedBefore(stored)].filter((one) => !isMoved(world, one));
  const left: LeftAlias[] = [];
  for (const one of before.slice(-LEFT_MAX)) {
    const indices = await holdersOf(world, one);
    if (indices === undefined || indices.length > 0) left.push({ ...one, indices });
  }
  const [oldest] = left;
  // One that does not answer now says nothing new about an alias that was reported.
  if (oldest && (oldest.indices || !isTold)) await raise(world, oldest, { watch: watchName, repository: register.name, to: cluster });
  const next: WatchAlias = { now, left: left.map(({ alias, cluster: on }) => ({ alias, cluster: on })) };
  if (JSON.stringify(next) !== JSON.stringify(stored)) await writeObject(world.state, stateKey.watchAlias(watchName), next);
  if (!oldest && isTold) await resolveNotice(world, key, "watch.alias", reason("watch.aliasFree", { watch: watchName }));
}

/** An earlier version stored the only alias, or null. */
function movedBefore(stored: WatchAlias | undefined): AliasPlace[] {
  return stored?.now ? [stored.now].flat() : [];
}

async function raise(world: World, left: LeftAlias, watch: { watch: string; repository: string; to: string }): Promise<void> {
  const where = { ...watch, alias: left.alias, cluster: left.cluster };
  const why = left.indices
    ? reason("watch.aliasLeft", { ...where, indices: left.indices.slice(0, NAMES_SHOWN) })
    : reason("watch.aliasUnknown", where);
  const about = [left.cluster, left.alias, ...(left.indices ?? [])];
  await raiseNotice(world, { key: keyOf(watch.watch), code: "watch.alias", severity: "warning", reason: why, about });
}

/** Whether a watch of ossnap.yaml moves it, this one or another. */
function isMoved({ config }: World, { alias, cluster }: AliasPlace): boolean {
  return Object.values(config.watches).some((watch) => watch.cluster === cluster && aliasNames(watch.restore).includes(alias));
}

/** The restored indices behind an alias; `undefined` if the cluster does not answer. */
async function holdersOf(world: World, { alias, cluster }: AliasPlace): Promise<string[] | undefined> {
  if (!Object.hasOwn(world.config.clusters, cluster)) return [];
  try {
    const holders = (await world.cluster(cluster).listIndices()).filter(({ aliases }) => aliases.includes(alias));
    return holders.filter(({ settings }) => settings[JOB_MARKER_KEY] !== undefined).map(({ name }) => name);
  } catch (error) {
    world.logger.warn("a former alias could not be looked at", { alias, cluster, error: messageOf(error) });
    return undefined;
  }
}
