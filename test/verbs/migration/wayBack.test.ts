import { describe, expect, it } from "vitest";
import { stateKey } from "../../../shared/state/keys.ts";
import { readObject, writeObject } from "../../../shared/state/objects.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { planMigration } from "../../../shared/verbs/migration/checks.ts";
import type { CutOver } from "../../../shared/verbs/migration/types.ts";
import { askMigration, cutWorld } from "../../world/migrating.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const INDICES = 12;

/** A cut-over of several indices, before which others had the aliases. */
async function severalCut(): Promise<TestWorld> {
  const world = await cutWorld();
  const cut = await readObject<CutOver>(world.state, stateKey.cutOver("movies"));
  const key = stateKey.done("restore", cut?.restore ?? "");
  const done = await readObject<{ result: object }>(world.state, key);
  const names = Array.from({ length: INDICES }, (_, number) => `films-${number}`);
  for (const alias of names) {
    world.target.putIndex(`${alias}-20261121010000000-0123abcd`, { documents: 2 });
    world.target.putIndex(`${alias}-20261121020000000-0123abcd`, { documents: 3, aliases: [alias] });
  }
  const existing = await world.target.listIndices();
  const uuidOf = (name: string) => existing.find((index) => index.name === name)?.uuid ?? "";
  const as = (alias: string) => `${alias}-20261121020000000-0123abcd`;
  const earlier = (alias: string) => `${alias}-20261121010000000-0123abcd`;
  const { count } = await world.target.operations(as(names[0] ?? ""));
  const result = {
    ...done?.result,
    moves: names.map((alias) => ({ alias, to: [as(alias)] })),
    indices: names.map((alias) => ({ as: as(alias), uuid: uuidOf(as(alias)), operations: count, documents: 3 })),
    before: names.map((alias) => ({ name: earlier(alias), uuid: uuidOf(earlier(alias)), alias })),
  };
  await writeObject(world.state, key, { ...done, result });
  return world;
}

describe("the way back from a cut-over", () => {
  it("counts what was written to each index once, whatever else it looks at", async () => {
    const world = await severalCut();
    const { operations } = world.target;
    const asked: string[] = [];
    world.target.operations = (index) => {
      asked.push(index);
      return operations(index);
    };
    const plan = await planMigration(await world.open(), { name: "movies", mode: "rollback" });
    expect([plan.refused, plan.checks[1]?.reason.code]).toEqual([false, "migration.backTo"]);
    expect([asked.length, new Set(asked).size]).toEqual([INDICES, INDICES]);
  });

  it("is refused for what was written, and for an alias that moved since", async () => {
    const world = await severalCut();
    const reasonOf = async (loseWrites?: boolean) => {
      const plan = await planMigration(await world.open(), { name: "movies", mode: "rollback", loseWrites });
      return plan.checks[0]?.reason.code;
    };
    world.target.writeDocuments("films-3-20261121020000000-0123abcd", ["new"]);
    expect([await reasonOf(), await reasonOf(true)]).toEqual(["rollback.writes", "migration.losesWrites"]);
    await world.target.deleteIndex("films-5-20261121010000000-0123abcd");
    expect(await reasonOf(true)).toBe("migration.aliasesStuck");
  });

  it("that only lifts blocks counts once, and then lifts all of them", async () => {
    const world = await severalCut();
    const cut = await readObject<CutOver>(world.state, stateKey.cutOver("movies"));
    const key = stateKey.done("restore", cut?.restore ?? "");
    const done = await readObject<{ result: object }>(world.state, key);
    await writeObject(world.state, key, { ...done, result: { ...done?.result, before: [] } });
    const blocked = Array.from({ length: INDICES }, (_, number) => `films-${number}`);
    for (const name of blocked) world.source.putIndex(name, { documents: 3, settings: { "blocks.write": "true" } });
    await writeObject(world.state, stateKey.cutOver("movies"), { ...cut, blocked });
    await askMigration(await world.open(), { name: "movies", mode: "rollback" });
    const { operations } = world.target;
    let asked = 0;
    world.target.operations = (index) => {
      asked += 1;
      return operations(index);
    };
    for (let tick = 0; tick < 3; tick += 1) {
      world.advance(MINUTE_MS);
      await advanceJobs(await world.open());
    }
    const left = (await world.source.listIndices()).filter(({ settings }) => settings["blocks.write"] === "true");
    expect([left, asked, await world.stateKeys("live/migrations/movies/cut")]).toEqual([[], INDICES, []]);
  });
});
