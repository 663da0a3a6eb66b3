import { knownRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { slotOf } from "../../model/slot.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject } from "../../state/objects.ts";
import { type MigrationPlan, planMigration } from "./checks.ts";
import { clustersOf } from "./source.ts";
import type { CutOver, MigrationData, MigrationInput, MigrationMode, MigrationRequest } from "./types.ts";

/** What cannot be asked for, such as a copy whose source cannot be read, is tried for so long; a cut-over may hold the source meanwhile. */
const PATIENCE_MS: Readonly<Record<MigrationMode, number>> = { sync: 12 * 3_600_000, cutover: 1_800_000, rollback: 3_600_000 };

export interface MigrationOptions {
  /** The caller's idempotency key. */
  key?: string | undefined;
  fingerprint?: string | undefined;
  /** The slot of the schedule, whose snapshot was taken. */
  slot?: string | undefined;
}

/**
 * Runs the checks, then writes the intent; a refused request returns its plan, and nothing is written.
 * @throws AppError `invalid` for a name that is not in ossnap.yaml.
 */
export async function startMigration(
  world: World,
  request: MigrationRequest,
  asked: Asked,
  { key, fingerprint, slot }: MigrationOptions = {},
): Promise<{ created: Created } | { refused: MigrationPlan }> {
  const keyed = key === undefined ? undefined : jobId.byKey("migration", key);
  const before = keyed === undefined ? undefined : await knownRun(world, keyed);
  if (before) return { created: before };
  const plan = await planMigration(world, request);
  if (plan.refused) return { refused: plan };
  const input = await inputOf(world, request, slot);
  const data: MigrationData = { parts: {}, times: {} };
  const created = await world.log.create(
    keyed ?? jobId.migration(input.name, input.mode, input.slot),
    {
      about: `${input.mode} ${input.name}: ${input.source} → ${input.target}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + PATIENCE_MS[input.mode]).toISOString(),
      input,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    },
    { state: "asked", reason: reason("migration.requested", { by: asked.who, mode: input.mode, migration: input.name }), data },
  );
  return { created };
}

async function inputOf(
  world: World,
  { name, mode, blockWrites, loseWrites, keepAliases }: MigrationRequest,
  slot?: string,
): Promise<MigrationInput> {
  const { warm, backups } = configured(world.config, "migrations", name);
  const cut = mode === "rollback" ? await readObject<CutOver>(world.state, stateKey.cutOver(name)) : undefined;
  return {
    ...{ name, mode, slot: slot ?? slotOf(world.clock.now()), ...clustersOf(world, name) },
    ...(slot === undefined ? {} : { ofSlot: true as const }),
    ...(warm && mode !== "rollback" ? { warm: true as const } : {}),
    ...(blockWrites && mode === "cutover" ? { blockWrites: true as const } : {}),
    ...(loseWrites && mode === "rollback" ? { loseWrites: true as const } : {}),
    ...(keepAliases && mode === "rollback" ? { keepAliases: true as const } : {}),
    ...(backups !== undefined && mode === "cutover" ? { backups } : {}),
    ...(cut === undefined ? {} : { cut }),
  };
}
