import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { forEachBounded } from "../../model/forEachBounded.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import { askBackup } from "../backup/ask.ts";
import { askVerification } from "../verification/ask.ts";
import { planAdoption, proofsKey } from "./gather.ts";
import type { Adoption, Finding } from "./types.ts";

const WRITES_AT_ONCE = 8;
/** No further write starts with less time left; running the verb again continues. */
const WRITE_RESERVE_MS = 10_000;

/** Plans, then writes what is missing. Existing objects are never replaced, so it is safe to repeat, also while functions are running. */
export async function adopt(world: World, asked: Asked, takeOver: readonly string[] = []): Promise<Adoption> {
  const plan = await planAdoption(world, asked, takeOver);
  let written = 0;
  const isTimeUp = () => world.remainingMs() < WRITE_RESERVE_MS;
  const write = async ({ key, value }: Finding["writes"][number]) => {
    if (await writeObjectOnce(world.state, key, value)) written += 1;
  };
  const writesOf = (isLast: boolean) => plan.findings.flatMap(({ writes, last = false }) => (last === isLast ? writes : []));
  // Before the slots and positions: a state that has those counts as intact, and nothing of it is verified again.
  for (const { prove } of plan.findings)
    if (prove !== undefined && !isTimeUp() && (await askProofs(world, prove, asked)).outcome === "created") written += 1;
  const isAllWritten = await forEachBounded(writesOf(false), WRITES_AT_ONCE, write, isTimeUp);
  for (const { follow } of plan.findings)
    if (follow && !isTimeUp() && (await askBackup(world, { ofSlot: true, ...follow, asked })).outcome === "created") written += 1;
  if (isAllWritten) await forEachBounded(writesOf(true), WRITES_AT_ONCE, write, isTimeUp);
  return { ...plan, written };
}

/** Level `metadata` costs one listing and a few small reads, independent of the size of the data. */
function askProofs(world: World, repository: string, asked: Asked): Promise<Created> {
  return askVerification(world, { repository, snapshot: "all", level: "metadata" }, asked, { key: proofsKey(world, repository) });
}
