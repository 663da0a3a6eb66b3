import type { OpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { purposeOf } from "../../plan/aliases/moves.ts";
import { selectNames } from "../../plan/selection.ts";
import { heldIndices } from "../../reader/readIndices.ts";
import { openRepository, requireRoot } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { placeWithoutKeys } from "../../repository/withoutKeys.ts";
import { askBackup } from "../backup/ask.ts";
import { askCopy } from "../copy/ask.ts";
import { askRestore, type RestoreOrder } from "../restore/ask.ts";
import { askRollback } from "../rollback/ask.ts";
import { aliasesMoved, aliasesOf, isWarming } from "./names.ts";
import type { MigrationJob, Part } from "./types.ts";

/** Asks for a part under the id of {@link partId}; what follows on its own cluster begins with this tick. */
export async function askPart(world: World, work: OpenWork, job: MigrationJob, part: Part): Promise<void> {
  const created = await ASKING[part](world, job);
  if (created.outcome === "created") work.jobs.push(created.job);
}

const ASKING: Record<Part, (world: World, job: MigrationJob) => ReturnType<typeof askRestore>> = {
  backup: (world, { id, intent: { input, asked } }) =>
    askBackup(world, {
      ...{ policy: input.name, slot: input.slot, because: `${input.mode} of migration ${input.name}` },
      ...(input.ofSlot
        ? { asked: { by: "ossnap", who: id }, ofSlot: true as const }
        : { asked: { by: "person", who: asked.who }, key: id }),
    }),
  copy: (world, { id, intent: { input }, head: { data } }) =>
    askCopy(world, input.name, { by: "ossnap", who: id }, { key: id, reported: [data.snapshot?.uuid ?? ""] }),
  restore: async (world, job) => askRestore(world, await restoreOrder(world, job)),
  rollback: (world, { id, intent: { input, asked } }) =>
    askRollback(world, { restore: input.cut?.restore ?? "", loseWrites: input.loseWrites }, asked, { key: id }),
};

async function restoreOrder(world: World, { id, intent: { input }, head: { data } }: MigrationJob): Promise<RestoreOrder> {
  const { blobs, register, restore } = configured(world.config, "watches", input.name);
  const { name = "", uuid = "" } = data.snapshot ?? {};
  const store = world.blobs(blobs);
  const opened = await openRepository(store);
  const root = requireRoot(opened, store.url);
  const found = (await datedSnapshots(store, opened)).find((snapshot) => snapshot.uuid === uuid);
  if (found === undefined)
    throw new AppError("conflict", `${store.url} does not list ${name}`, {
      reason: reason("migration.notCopied", { snapshot: name, url: store.url }),
    });
  const selected = selectNames(restore.indices, heldIndices(root, uuid));
  const aliases = aliasesOf(world, input.name, "indices" in selected ? selected.indices : []);
  const order: RestoreOrder["input"] = {
    ...{ snapshot: { name, uuid, startTime: (found.startTime ?? new Date(0)).toISOString() }, repository: register.name },
    ...{ place: placeWithoutKeys(blobs), indices: restore.indices, aliases: aliasesMoved(input, aliases) },
    ...{ replicas: restore.replicas, keepOldMs: restore.keepOldMs, watch: input.name, serves: !isWarming(input), migration: id },
    ...(restore.filesThere ? { filesThere: true as const } : {}),
    ...(input.mode === "cutover" && data.looked
      ? {
          unchanged: {
            cluster: input.source,
            patterns: restore.indices,
            indices: data.looked.indices,
            ...(input.blockWrites ? { isBlocked: true as const } : {}),
          },
        }
      : {}),
  };
  return { input: order, cluster: input.target, asked: { by: "ossnap", who: id }, purpose: purposeOf(order) ?? input.name, key: id };
}
