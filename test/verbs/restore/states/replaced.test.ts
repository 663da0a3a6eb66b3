import { describe, expect, it } from "vitest";
import { AppError } from "../../../../shared/model/errors.ts";
import { indicesOfFeatures } from "../../../../shared/plan/states/featureIndices.ts";
import { preflightRestore, type RestoreRequestByHand } from "../../../../shared/verbs/restore/askByHand.ts";
import { statesWorld } from "../../../world/states.ts";
import type { TestWorld } from "../../../world/world.ts";
import { finish, namesOf, REQUEST, requests, start, tick } from "./asking.ts";

const FEATURE = { featureStates: ["tasks"] };
const STREAM = { dataStreams: ["logs-app"] };
const SYSTEM = { system: true, documents: 7, shards: 1, replicas: 0 } as const;
const REFUSED = new AppError("refused", "503 master_not_discovered_exception");

async function told(world: TestWorld, change: Partial<RestoreRequestByHand>) {
  const { checks } = await preflightRestore(await world.open(), { ...REQUEST, ...change });
  return checks.flatMap(({ result, reason: { code, params } }) => (code.startsWith("state.") ? [`${result} ${code} ${params.index}`] : []));
}

/** Runs once, when the job asks whether the snapshot is still the one that it proved: after it looked for what is in the way. */
function rightBeforeTheRequest(world: TestWorld, change: () => void): void {
  const { getSnapshot } = world.target;
  let asked = 0;
  world.target.getSnapshot = async (...named) => {
    asked += 1;
    // The first one is the preflight's.
    if (asked === 2) change();
    return getSnapshot(...named);
  };
}

describe("what the state of a feature deletes", () => {
  it("is every index of the feature, also under a name that the snapshot lacks, and a person must accept each", async () => {
    const world = await statesWorld("8.17.0");
    world.target.putIndex(".tasks-precious", SYSTEM);
    world.target.putIndex(".kibana_8.17.0_001", SYSTEM);
    expect(await told(world, FEATURE)).toEqual(["refuse state.deletesIndex .tasks-precious"]);
    expect(await told(world, { ...FEATURE, loseOld: true })).toEqual(["warn state.deletesIndex .tasks-precious"]);
    expect(await finish(world, await start(world, { ...FEATURE, loseOld: true }))).toMatchObject({ state: "done" });
    expect(await namesOf(world)).toEqual([".kibana_8.17.0_001", ".tasks"]);
  });

  it.each([
    ["a person's index", [], "old-tasks", false],
    ["the same name", [".tasks"], ".tasks", false],
    ["a number", [".security-7"], ".security-8", true],
    ["another part", [".security-7"], ".security-tokens-7", true],
    ["a version", [".kibana_8.17.0_001"], ".kibana_8.17.1_001", true],
    ["an upgrade", [".tasks-reindexed-for-8"], ".tasks", true],
    ["another feature", [".tasks"], ".security-7", true],
    ["no index of a system", [".kibana_8.17.0_001"], ".kibana-event-log-8.17.0-000001", false],
  ] as const)("is found by its name: %s", (what, held, name, system) => {
    const other = { name: ".async-search", system: true } as const;
    const existing = [other, { name, ...(system && { system }) }].map((one) => ({
      ...{ uuid: "uuid", state: "open" as const, aliases: [], shards: 1, replicas: 0, createdVersion: "8.17.0", settings: {} },
      ...one,
    }));
    const found = indicesOfFeatures({ asked: held }, existing, "restore-1").map((index) => index.name);
    expect(found).toEqual(["a person's index", "another feature", "no index of a system"].includes(what) ? [] : [name]);
  });

  it("is every index with a dot and such a name where the cluster does not say which are a system's; some features have names of several kinds", () => {
    const existing = [".tasks-precious", "tasks", ".reporting-2026-11-29"].map((name) => ({
      ...{ name, uuid: "uuid", state: "open" as const, aliases: [], shards: 1, replicas: 0, createdVersion: "8.17.0", settings: {} },
    }));
    const found = indicesOfFeatures({ tasks: [".tasks"], kibana: [".kibana_1"] }, existing, "restore-1");
    expect(found.map(({ name, feature }) => `${feature}: ${name}`)).toEqual(["tasks: .tasks-precious", "kibana: .reporting-2026-11-29"]);
  });
});

describe("what appeared since the plan is not replaced", () => {
  it("by a request that is repeated after a refusal", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, FEATURE);
    world.target.failNext("restore", REFUSED);
    await tick(world);
    expect(requests(world, "restore")).toBe(1);
    world.target.putIndex(".tasks", SYSTEM);
    expect(await finish(world, id)).toMatchObject({ state: "failed", reason: { code: "state.featureSince", params: { index: ".tasks" } } });
    expect(await world.target.countDocuments(".tasks")).toBe(7);
    expect(requests(world, "restore")).toBe(1);
  });

  it("although a person accepted the loss of what was there then", async () => {
    const world = await statesWorld("8.17.0");
    world.target.putIndex(".tasks", SYSTEM);
    const id = await start(world, { ...FEATURE, loseOld: true });
    world.target.failNext("restore", REFUSED);
    await tick(world);
    world.target.putIndex(".tasks-precious", SYSTEM);
    expect(await finish(world, id)).toMatchObject({ state: "failed", reason: { params: { index: ".tasks-precious" } } });
    expect(await namesOf(world)).toEqual([".tasks", ".tasks-precious"]);
  });

  it("in the moment before the request", async () => {
    const world = await statesWorld("8.17.0");
    const id = await start(world, FEATURE);
    rightBeforeTheRequest(world, () => world.target.putIndex(".tasks", SYSTEM));
    expect(await finish(world, id)).toMatchObject({ state: "failed", reason: { code: "state.featureSince" } });
    expect([await world.target.countDocuments(".tasks"), requests(world, "restore")]).toEqual([7, 0]);
  });

  it("nor is a data stream of the name, or one that has it as an alias", async () => {
    const stream = await statesWorld("8.17.0");
    const first = await start(stream, STREAM);
    rightBeforeTheRequest(stream, () => stream.target.putIndex(".ds-logs-app-2026.11.30-000007", { dataStream: "logs-app" }));
    const alias = await statesWorld("8.17.0");
    const second = await start(alias, STREAM);
    alias.target.failNext("restoreStream", REFUSED);
    await tick(alias);
    alias.target.aliasHolders = async () => new Map([["logs-app", [{ index: ".ds-other-1", properties: "{}", state: "open" }]]]) as never;
    for (const [world, id, sent] of [
      [stream, first, 0],
      [alias, second, 1],
    ] as const) {
      expect(await finish(world, id)).toMatchObject({ state: "failed", reason: { code: "state.streamThere" } });
      expect(requests(world, "restoreStream")).toBe(sent);
    }
  });
});
