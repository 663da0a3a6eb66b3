import { describe, expect, it } from "vitest";
import { planPrune } from "../../shared/plan/retention/plan.ts";
import { proposalOf } from "../../shared/proof/proposal.ts";
import { unclearNames } from "../../shared/proof/rootFaults.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { openRepository, requireRoot } from "../../shared/reader/readRepository.ts";
import { datedSnapshots, newestGoodFirst } from "../../shared/reader/rootSnapshots.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { chooseSnapshots } from "../../shared/verbs/copy/plan.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const { blobs } = fixtureRepository("es-5.5.2-migration/step1");
const GOOD = JSON.parse(Buffer.from(blobs.get("index-0") as Uint8Array).toString());
const [FIRST] = GOOD.snapshots;
const INDEX = Object.keys(GOOD.indices)[0] ?? "";

/** The good repository with one more entry; its start time would make it the newest. */
const withEntry = (entry: unknown, indices = GOOD.indices) =>
  storeOf(new Map([...blobs, ["index-0", Buffer.from(JSON.stringify({ snapshots: [...GOOD.snapshots, entry], indices }))]]));

const FAULTY: [string, unknown][] = [
  ["an unknown state", { name: "bad", uuid: "bad", state: 9, start_time_millis: 9e12 }],
  ["a uuid that leaves its folder", { name: "bad", uuid: "../bad", state: 1, start_time_millis: 9e12 }],
];

describe("the newest snapshot of a root with an entry that is there twice", () => {
  it("may be that one, which is said", async () => {
    const twice = { ...FIRST, name: "newer", uuid: "newer", state: 1, start_time_millis: 9e12 };
    const entries = [...GOOD.snapshots, twice, twice];
    const root = Buffer.from(JSON.stringify({ snapshots: entries, indices: GOOD.indices }));
    const { unclear, proofs } = await proveChosen(storeOf(new Map([...blobs, ["index-0", root]])), { snapshot: "latest", level: "names" });
    expect(proofs.map(({ name }) => name)).toEqual([FIRST.name]);
    expect(unclear).toMatchObject({ code: "snapshot.latestUnclear", params: { count: 2, snapshots: ["newer"] } });
    expect((await proveChosen(storeOf(blobs), { snapshot: "latest", level: "names" })).unclear).toBeUndefined();
  });
});

describe("a root with an entry that cannot be read", () => {
  it.each(FAULTY)("has %s: the entry is damaged, is no newest good one, and is not copied; the other is whole", async (_, entry) => {
    const store = withEntry(entry);
    const read: string[] = [];
    const get: typeof store.get = (key, ...range) => {
      read.push(key);
      return store.get(key, ...range);
    };
    const watched = { ...store, get };
    const { proofs, root } = await proveChosen(watched, { snapshot: "all", level: "footers" });
    expect(proofs.map(({ name, verdict }) => [name, verdict])).toEqual([
      [FIRST.name, "whole"],
      ["bad", "damaged"],
    ]);
    expect(read.filter((key) => key.includes("bad") || key.includes(".."))).toEqual([]);
    const dated = await datedSnapshots(store, await openRepository(store));
    expect(newestGoodFirst(dated, undefined).map(({ name }) => name)).toEqual([FIRST.name]);
    const chosen = chooseSnapshots({ ...root, snapshots: dated }, "all", { now: new Date() });
    expect(chosen.map(({ name }) => name)).toEqual([FIRST.name]);
    expect([...unclearNames(root)]).toEqual([["bad", expect.objectContaining({ code: "keep.faultyEntry" })]]);
    const verdicts = proofs.map(({ name, uuid, verdict }) => ({ name, uuid, verdict, noRecord: false }));
    expect(proposalOf(root, verdicts)).toBeUndefined();
  });

  it.each(FAULTY)("has %s: a survey shows its fault and is certain of no orphan", async (_, entry) => {
    const { snapshots, orphans } = await surveyRepository(withEntry(entry));
    expect(snapshots.map(({ fault }) => fault)).toEqual([undefined, expect.stringContaining("index-0: snapshots[1]")]);
    expect(snapshots[0]?.bytes).toBeGreaterThan(0);
    expect(orphans).toMatchObject({ blobs: 0, certain: false });
  });

  it("has a faulty index: its snapshots are damaged, and none of its blobs is an orphan", async () => {
    const store = storeOf(
      new Map([
        ...blobs,
        [
          "index-0",
          Buffer.from(JSON.stringify({ ...GOOD, indices: { ...GOOD.indices, [INDEX]: { ...GOOD.indices[INDEX], id: "../x" } } })),
        ],
      ]),
    );
    const { proofs } = await proveChosen(store, { snapshot: "all", level: "names" });
    expect(proofs[0]?.verdict).toBe("damaged");
    expect(proofs[0]?.damaged[0]).toMatchObject({ key: "index-0", found: expect.stringContaining("cannot be part of a key") });
    expect((await surveyRepository(store)).orphans).toMatchObject({ blobs: 0, certain: false });
    expect(requireRoot(await openRepository(store), store.url).snapshots).toHaveLength(1);
  });
});

describe("a prune of a snapshot in a state that nothing knows", () => {
  it("keeps it, even when good ones replaced it", () => {
    const at = (day: number) => new Date(Date.UTC(2026, 10, day));
    const one = (name: string, state: "SUCCESS" | "INCOMPATIBLE", day: number) => ({
      ...{ name, uuid: name, state, startTime: at(day), indices: ["a"], ours: true, foreign: undefined, time: at(day), proven: false },
    });
    const plan = planPrune({
      ...{ policy: "nightly", fingerprint: "f", keep: { last: 1, atLeast: 1 }, timeZone: "UTC", atMost: 10, atMostPercent: 100 },
      snapshots: [one("odd", "INCOMPATIBLE", 1), one("old", "SUCCESS", 2), one("new", "SUCCESS", 9)],
      protected: new Map(),
      now: at(10),
    } as unknown as Parameters<typeof planPrune>[0]);
    expect(plan.keep.find(({ name }) => name === "odd")?.reasons).toContainEqual(expect.objectContaining({ code: "keep.unknownState" }));
    expect(plan.remove.map(({ name }) => name)).toEqual(["old"]);
  });
});
