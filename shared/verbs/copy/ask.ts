import { freshRun, knownRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, placeOf, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { type OpenedRepository, openRepository, requireRoot } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { placeWithoutKeys } from "../../repository/withoutKeys.ts";
import { chooseSnapshots } from "./plan.ts";
import { sourceFault } from "./sourceFault.ts";
import type { CopyData, CopyInput } from "./types.ts";

const COPY_PATIENCE_MS = 24 * 3_600_000;

export interface CopyOptions {
  opened?: OpenedRepository;
  /** Uuids of snapshots that the followed policy reported. */
  reported?: string[];
  /** The caller's idempotency key; without one, the source's root and what is selected form the id. */
  key?: string | undefined;
  fingerprint?: string | undefined;
  /** Read everything that is there first. */
  check?: boolean | undefined;
}

export function firstData(): CopyData {
  return { round: 0, snapshots: [], skipped: { blobs: 0, bytes: 0 }, moved: { blobs: 0, bytes: 0 } };
}

/** Writes the intent to copy what the rule selects from the source's newest root; the same key, or without one the same root, is the same job. */
export async function askCopy(
  world: World,
  copyName: string,
  asked: Asked,
  { opened: known, reported, key, fingerprint, check = false }: CopyOptions = {},
): Promise<Created> {
  const rule = configured(world.config, "copies", copyName);
  const keyed = key === undefined ? undefined : jobId.byKey("copy", key);
  // Before the source is read: it may have moved, or be gone, since the key's first request.
  const before = keyed === undefined ? undefined : await knownRun(world, keyed);
  if (before) return before;
  const from = placeOf(world.config, rule.from);
  const source = world.blobs(from);
  const opened = known ?? (await openRepository(source));
  const fault = sourceFault(opened, source.url);
  if (fault) throw new AppError(fault.code, `copies.${copyName}: ${fault.message}`, fault.reason && { reason: fault.reason });
  const dated = await datedSnapshots(source, opened);
  const root = requireRoot(opened, source.url);
  const chosen = chooseSnapshots({ ...root, snapshots: dated }, rule.snapshots, { now: world.clock.now(), reported });
  const wanted = chosen.map(({ uuid }) => uuid);
  const input: CopyInput = {
    copyName,
    rule: { ...rule, to: placeWithoutKeys(rule.to) },
    from: placeWithoutKeys(from),
    wanted,
    ...(reported && { reported }),
    ...(check && { check }),
  };
  const id = jobId.copy(copyName, root.sha256, check ? [...wanted, "check"] : wanted);
  return world.log.create(
    keyed ?? (asked.by === "ossnap" ? id : await freshRun(world, id, { again: asked.by === "person", byHand: asked.by === "person" })),
    {
      about: `${copyName}, ${wanted.length} ${wanted.length === 1 ? "snapshot" : "snapshots"} of ${root.key}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + COPY_PATIENCE_MS).toISOString(),
      input,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    },
    { state: "asked", reason: reason("copy.asked", { by: asked.who }), data: firstData() },
  );
}
