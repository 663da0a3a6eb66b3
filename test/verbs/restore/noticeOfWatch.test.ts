import { describe, expect, it } from "vitest";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { freshWorld, serveFirst, settle, world } from "../../world/moved.ts";

freshWorld();

const OPS = { by: "person" as const, who: "ops" };
const start = async (alias?: string) => {
  const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias, replicas: 0 };
  expect(await startRestore(await world.open(), request, OPS, {})).toHaveProperty("created");
};
const byHand = async (alias?: string) => {
  await start(alias);
  await settle();
};
const told = () => world.notices.map(({ key, status }) => `${key} ${status}`);

describe("the notice of a watch whose restore was refused", () => {
  async function refused(): Promise<void> {
    world.target.putIndex("others", { documents: 1 });
    await world.target.moveAliases([{ alias: "orders", from: ["none-*"], to: ["others"] }]);
    await serveFirst();
    expect(told()).toEqual(["restore-failed:moved firing"]);
  }

  it.each([undefined, "elsewhere"])("stays while a restore by hand serves something else: %s", async (alias) => {
    await refused();
    await byHand(alias);
    expect((await world.target.listIndices()).map(({ name }) => name)).toHaveLength(2);
    expect(told()).toEqual(["restore-failed:moved firing"]);
  });

  it("is resolved by a restore by hand behind the watch's alias", async () => {
    await refused();
    await world.target.deleteIndex("others");
    await byHand("orders");
    expect(told()).toEqual(["restore-failed:moved firing", "restore-failed:moved resolved"]);
  });
});

describe("a restore by hand that fails", () => {
  it("is no notice of the watch, whose success would resolve it", async () => {
    await serveFirst();
    await start("third");
    world.places.at({ location: "/srv/moved" }).length = 0;
    await settle();
    expect(told()).toEqual(["restore-failed:target/third firing"]);
  });
});
