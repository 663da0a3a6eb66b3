import type { SwapResult } from "../../jobs/aliasSwap.ts";
import { freshRun, knownRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { jobId, kindOf } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { type Looked, observeRollback } from "./gather.ts";
import { askOver, dryOver, overwrittenBy } from "./over.ts";
import type { RollbackDryRun, RollbackRequest } from "./request.ts";
import { isBack, namedMoves, type RollbackInput, type RollbackMove, refusalOf, told, writesOf } from "./step.ts";

export type { RollbackDryRun, RollbackRequest } from "./request.ts";

/** How long the rollback may wait for shards or for a block. */
const ROLLBACK_PATIENCE_MS = 3_600_000;
/** How long the index that leaves the alias is kept. */
const KEEP_OLD_MS = 86_400_000;

/** Shows where the alias would go, or what would be restored over what, and what was written since; changes nothing. Errors: `conflict` for a restore that left nothing to take back, `invalid` for another job. */
export async function dryRollback(world: World, request: RollbackRequest, known: Pick<Looked, "counted"> = {}): Promise<RollbackDryRun> {
  const over = await overwrittenBy(world, request.restore);
  return over ? dryOver(world, over, request) : (await planned(world, request, known)).dry;
}

/** Requests the rollback unless something is in its way. @throws AppError `conflict` with the refusal as its reason; nothing is written then. */
export async function askRollback(
  world: World,
  request: RollbackRequest,
  asked: Asked,
  { key, fingerprint }: { key?: string | undefined; fingerprint?: string | undefined } = {},
): Promise<Created> {
  const over = await overwrittenBy(world, request.restore);
  if (over) return askOver(world, over, request, asked, { key, fingerprint });
  const keyed = key === undefined ? undefined : jobId.byKey("rollback", key);
  const before = keyed === undefined ? undefined : await knownRun(world, keyed);
  if (before) return before;
  const { dry, input, cluster } = await planned(world, request);
  if (dry.refusal)
    throw new AppError("conflict", `rollback of ${request.restore} is refused; nothing was changed`, { reason: dry.refusal });
  const id = keyed ?? (await freshRun(world, jobId.rollback(request.restore, request.loseWrites), { again: true, byHand: true }));
  const patienceUntil = new Date(world.clock.now().getTime() + ROLLBACK_PATIENCE_MS).toISOString();
  return world.log.create(
    id,
    {
      about: `${told(input).alias} back to ${told(input).to}`,
      asked,
      cluster,
      patienceUntil,
      input,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    },
    { state: "asked", reason: reason("rollback.asked", { by: asked.who, restore: request.restore }), data: {} },
  );
}

interface Planned {
  dry: RollbackDryRun;
  input: RollbackInput;
  cluster: string;
}

async function planned(world: World, { restore, loseWrites }: RollbackRequest, known: Pick<Looked, "counted"> = {}): Promise<Planned> {
  const { cluster, input: of, stays } = await swapOf(world, restore);
  const input: RollbackInput = { ...of, ...(loseWrites ? { loseWrites: true as const } : {}) };
  const seen = await observeRollback(world, { id: "", cluster, input, ...known });
  const { alias, to } = told(input);
  const refusal = isBack(input, seen) ? reason("rollback.isBack", { alias, index: to }) : refusalOf(input, seen);
  const unknown = seen.writes.flatMap(({ seen: one }) => ("unknown" in one ? [one.unknown] : []))[0];
  const most = world.config.clusters[cluster]?.keepOldBytes;
  const dry = {
    restore,
    cluster,
    moves: namedMoves(input),
    ...(stays.length > 0 && { stays }),
    writes: writesOf(seen),
    ...(unknown && { unknown }),
    ...(most !== undefined && { keepOldBytes: most }),
    refusal: refusal ?? null,
    waits: seen.waits ?? null,
  };
  return { dry, input, cluster };
}

/** What the restore's permanent record says of its swap; an alias that was on no index before stays where it is. */
async function swapOf(world: World, restore: string): Promise<{ cluster: string; input: RollbackInput; stays: string[] }> {
  if (kindOf(restore) !== "restore")
    throw new AppError("invalid", `${restore}: is not a restore; \`ossnap jobs --kind restore\` lists them`);
  const done = await world.log.done(restore);
  if (!done) {
    const isOpen = (await world.log.read(restore)) !== undefined;
    if (!isOpen)
      throw new AppError("absent", `${restore}: no such job; \`ossnap jobs --kind restore\` lists them`, {
        reason: reason("job.absent", { id: restore, near: [] }),
      });
    throw new AppError("conflict", `${restore}: has not ended; \`ossnap jobs cancel ${restore}\` takes back what it did so far`);
  }
  const { cluster, alias, before = [], indices = [], moves: several, replaced = [] } = (done.result ?? {}) as Partial<SwapResult>;
  const swapped = several ?? (alias === undefined ? [] : [{ alias, to: indices.map(({ as }) => as) }]);
  if (done.state !== "done" || swapped.length === 0)
    throw new AppError("conflict", `${restore}: ended as ${done.state} and put nothing behind an alias, so there is nothing to take back`);
  const [gone] = replaced;
  if (gone)
    throw new AppError("conflict", `${restore}: removed the index ${gone.index} when it put the alias in its place; there is no rollback`, {
      reason: reason("rollback.indexReplaced", {
        restore,
        alias: gone.index,
        cluster: cluster ?? "",
        repository: gone.repository,
        snapshot: gone.snapshot,
      }),
    });
  const { back, stays } = movable(
    restore,
    swapped.map((move) => moveBack(move, { before, indices })),
  );
  const isKnown = back.moves.every(({ from }) => from.every(({ uuid }) => uuid !== ""));
  if (cluster === undefined || !isKnown || !Object.hasOwn(world.config.clusters, cluster))
    throw new AppError(
      "invalid",
      `${restore}: its cluster is not in ossnap.yaml any more, or it was restored by an earlier version of ossnap`,
    );
  if (alias !== undefined && before.length > 1)
    throw new AppError("invalid", `${restore}: the alias ${alias} was on several indices before; ossnap moves it back to one only`, {
      reason: reason("rollback.several", { restore, alias, indices: before.map(({ name }) => name) }),
    });
  return { cluster, input: { restore, ...back, keepOldMs: KEEP_OLD_MS }, stays };
}

/** The indices that the alias had before; an index without a uuid is not known. */
function moveBack(
  { alias, to }: { alias: string; to: readonly string[] },
  { before, indices }: Required<Pick<SwapResult, "before" | "indices">>,
): RollbackMove {
  const earlier = before.filter((index) => (index.alias ?? alias) === alias).map(({ name, uuid }) => ({ name, uuid }));
  const from = to.map((name) => {
    const { uuid = "", operations } = indices.find(({ as }) => as === name) ?? {};
    return { name, uuid, ...(operations === undefined ? {} : { operations }) };
  });
  return { alias, from, to: earlier };
}

function movable(restore: string, all: readonly RollbackMove[]): { back: Pick<RollbackInput, "moves" | "serving">; stays: string[] } {
  const moves = all.filter(({ to }) => to.length > 0);
  if (moves.length === 0) throw noEarlier(restore, all);
  const staying = all.filter(({ to }) => to.length === 0);
  const serving = new Set(staying.flatMap(({ from }) => from.map(({ uuid }) => uuid)));
  return { back: { moves, ...(serving.size > 0 && { serving: [...serving] }) }, stays: staying.map(({ alias }) => alias) };
}

function noEarlier(restore: string, moves: readonly RollbackMove[]): AppError {
  const alias = moves.map((move) => move.alias).join(", ");
  const actions = moves.flatMap((move) => move.from.map(({ name }) => ({ remove: { index: name, alias: move.alias } })));
  return new AppError(
    "conflict",
    `${restore}: the alias ${alias} was on no other index before, or an earlier version of ossnap did not record which`,
    {
      reason: reason("rollback.noEarlier", { restore, alias, body: JSON.stringify({ actions }) }),
    },
  );
}
