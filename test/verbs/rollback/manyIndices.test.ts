import { describe, expect, it } from "vitest";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import type { AppError } from "../../../shared/model/errors.ts";
import { reason } from "../../../shared/model/reason.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { writeObject } from "../../../shared/state/objects.ts";
import { restoreResult } from "../../../shared/verbs/restore/show.ts";
import { askRollback, dryRollback } from "../../../shared/verbs/rollback/ask.ts";
import { freshWorld, settle, world } from "../../world/moved.ts";
import { OPS } from "../../world/nightly.ts";
import { job } from "../restore/stepSetting.ts";

const ID = "restore-0123456789abcdef";
const NAMES = Array.from({ length: 12 }, (_, at) => `logs-${String(at).padStart(2, "0")}`);
const asOf = (index: string, night: string) => `${index}-202611${night}010006531-0123abcd`;

const uuidOf = async (name: string) => (await world.target.listIndices()).find((index) => index.name === name)?.uuid ?? "";
const behind = async (alias: string) =>
  (await world.target.listIndices())
    .filter(({ aliases }) => aliases.includes(alias))
    .map(({ name }) => name)
    .sort();

/** What a restore of twelve indices leaves: the new ones behind their aliases, the old ones beside them, and its permanent record; `added` aliases were on no index. */
async function restored(added: readonly string[] = []): Promise<void> {
  for (const index of NAMES) {
    world.target.putIndex(asOf(index, "20"), { documents: 1 });
    world.target.putIndex(asOf(index, "21"), { documents: 2, aliases: ["all", index] });
  }
  const aliases = { all: "logs-*", ...Object.fromEntries(NAMES.map((name) => [name, name])) };
  const targets = await Promise.all(
    NAMES.map(async (index) => {
      const as = asOf(index, "21");
      return { index, as, shards: 1, documents: 2, bytes: 10, restored: { uuid: await uuidOf(as), documents: 2, operations: 0 } };
    }),
  );
  const earlier = await Promise.all(NAMES.map(async (index) => ({ name: asOf(index, "20"), uuid: await uuidOf(asOf(index, "20")) })));
  const before = earlier
    .flatMap((one, at) => ["all", NAMES[at] ?? ""].map((alias) => ({ ...one, alias })))
    .filter(({ alias }) => !added.includes(alias));
  const ended = job("done", { input: { indices: NAMES, alias: undefined, aliases }, targets, before });
  const made = { ...ended, id: ID, intent: { ...ended.intent, cluster: "target" } };
  const record: DoneRecord = {
    ...{ schema: 1, id: ID, kind: "restore", about: "logs-*", state: "done", reason: reason("restore.done") },
    ...{ createdAt: made.head.at, at: made.head.at, asked: OPS, result: restoreResult(made) },
  };
  await writeObject(world.state, stateKey.done("restore", ID), record);
}

describe("a rollback of a restore of twelve indices", () => {
  freshWorld({ targetVersion: "7.10.2" });

  it("has all of them in the permanent record, and moves all aliases back", async () => {
    await restored();
    const dry = await dryRollback(await world.open(), { restore: ID, loseWrites: true });
    expect(dry.refusal).toBeNull();
    expect(dry.moves.find(({ alias }) => alias === "all")).toMatchObject({ from: { length: 12 }, to: { length: 12 } });
    await askRollback(await world.open(), { restore: ID, loseWrites: true }, OPS);
    await settle();
    expect(await behind("all")).toEqual(NAMES.map((index) => asOf(index, "20")));
    expect(await behind("logs-11")).toEqual([asOf("logs-11", "20")]);
  });

  it("leaves an alias that was on no index before where it is, and names it", async () => {
    await restored(["all"]);
    const dry = await dryRollback(await world.open(), { restore: ID, loseWrites: true });
    expect([dry.refusal, dry.stays, dry.moves.length]).toEqual([null, ["all"], NAMES.length]);
    await askRollback(await world.open(), { restore: ID, loseWrites: true }, OPS);
    await settle();
    expect(await behind("all")).toEqual(NAMES.map((index) => asOf(index, "21")));
    expect(await behind("logs-11")).toEqual([asOf("logs-11", "20")]);
    // They serve, so nothing is to delete them one day.
    expect((await readOpenWork(await world.open())).jobs.filter(({ kind }) => kind === "retire")).toEqual([]);
  });

  it("is refused with the request that takes the aliases off where none was on an index before", async () => {
    await restored(["all", ...NAMES]);
    const refused = await dryRollback(await world.open(), { restore: ID }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "conflict", reason: { code: "rollback.noEarlier" } });
    const { body } = (refused as AppError).reason?.params ?? {};
    expect(JSON.parse(String(body)).actions).toContainEqual({ remove: { index: asOf("logs-03", "21"), alias: "logs-03" } });
  });

  it("leaves the record of a restore behind no alias short", () => {
    const targets = NAMES.map((index) => ({ index, as: index, shards: 1, documents: 2, bytes: 10 }));
    const plain = job("done", { input: { indices: NAMES, alias: undefined }, targets });
    expect(restoreResult(plain).indices).toHaveLength(10);
  });
});
