import { describe, expect, it } from "vitest";
import { stateKey } from "../../../shared/state/keys.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import { previewBackup } from "../../../shared/verbs/backup/preview.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { showStatus } from "../../../shared/verbs/status/show.ts";
import { created, done, fire, ID, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, testConfig } from "../../world/world.ts";

type Policy = ReturnType<typeof testConfig>["backups"][string];

async function world817(change: (policy: Policy) => void) {
  const config = testConfig(({ backups: { nightly } }) => nightly && change(nightly));
  return withMovies({ config, sourceVersion: "8.17.0" });
}
type Made = Awaited<ReturnType<typeof world817>>;
const stream = (world: Made, generation: number) =>
  world.source.putIndex(`.ds-app-2026.11.21-00000${generation}`, { documents: 1, dataStream: "app" });

describe("a backup of a data stream", () => {
  it("names the stream in the request, and is done when the snapshot has the stream and all its indices", async () => {
    const world = await world817((policy) => {
      policy.indices = ["*"];
    });
    stream(world, 1);
    stream(world, 2);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(created(world)[0]?.args[2]).toMatchObject({ indices: ["app", "movies", "movies-old", "series"] });
    expect(await done(world)).toMatchObject({ state: "done", result: { indices: 5, streams: 1, seconds: 0 } });
  });

  it("is no success when the stream was deleted between the plan and the snapshot", async () => {
    const world = await world817((policy) => {
      policy.indices = ["*"];
      policy.attempts = 1;
    });
    stream(world, 1);
    await fire(world);
    world.source.finishSnapshots();
    const [snapshot] = world.places.at({ location: "/srv/backups" });
    delete snapshot?.dataStreams;
    await tick(world);
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "failed", reason: { code: "backup.attempts" } });
  });
});

describe("a backup with featureStates: [none]", () => {
  it("is taken, sends none, and is done by a snapshot without features", async () => {
    const world = await world817((policy) => {
      Object.assign(policy, { globalState: true, featureStates: ["none"] });
    });
    await fire(world);
    expect(created(world)[0]?.args[2]).toMatchObject({ featureStates: ["none"] });
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
  });
});

describe("a backup with the states of features", () => {
  it.each([
    ["that have no index yet", false, []],
    ["that have an index", true, [".tasks"]],
  ])("is done with those %s", async (_, hasIndex, system) => {
    const world = await world817((policy) => {
      policy.featureStates = ["security", "tasks"];
    });
    if (hasIndex) world.source.putIndex(".tasks", { documents: 1, system: true });
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(world.places.at({ location: "/srv/backups" })[0]?.indices.filter((name) => name.startsWith("."))).toEqual(system);
  });
});

describe("the preview of a backup", () => {
  it("lists each pattern that selects nothing", async () => {
    const world = await world817((policy) => {
      policy.indices = ["movies", "al*", "zz-*", "app*", "*.tasks"];
    });
    stream(world, 1);
    world.source.putIndex("other", { documents: 1, aliases: ["al"] });
    world.source.putIndex(".tasks", { documents: 1, system: true });
    const { remarks } = await previewBackup(await world.open(), "nightly", { who: "li" });
    expect(remarks.map(({ code, params }) => [code, params.pattern]).filter(([, pattern]) => pattern)).toEqual([
      ["selection.patternAlias", "al*"],
      ["selection.patternNothing", "zz-*"],
      ["selection.patternLeftOut", "*.tasks"],
    ]);
  });
});

describe("the request of a policy", () => {
  it("carries the global state, features, partial and who asked for what and why", async () => {
    const world = await world817((policy) => Object.assign(policy, { globalState: true, featureStates: ["tasks"], partial: true }));
    world.source.putIndex(".tasks", { documents: 1, system: true });
    const opened = await world.open();
    const slot = "20261121t013000z";
    const asked = { by: "person" as const, who: "li" };
    const made = await askBackup(opened, { policy: "nightly", slot, asked, key: "once", because: "before the upgrade" });
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
    const id = made.outcome === "done" ? "" : made.job.id;
    expect(created(world)[0]?.args[2]).toEqual({
      indices: ["movies", "movies-old"],
      globalState: true,
      partial: true,
      featureStates: ["tasks"],
      metadata: {
        owner: "search-team",
        // A backup by hand in the second of a slot takes the next one.
        ossnap: { policy: "nightly", slot: "20261121t013001z", job: id, by: "li", because: "before the upgrade", version: "0.0.0" },
      },
    });
    expect(await done(world, id)).toMatchObject({ state: "done", result: { because: "before the upgrade" } });
  });

  it("is what its preview shows, except the job's id", async () => {
    const world = await world817((policy) => {
      policy.indices = ["*", "-series"];
    });
    stream(world, 1);
    const asked = { by: "person" as const, who: "li" };
    const preview = await previewBackup(await world.open(), "nightly", asked);
    expect(world.source.writes).toEqual([]);
    await askBackup(await world.open(), { policy: "nightly", slot: "20261121t013000z", asked });
    await tick(world);
    const [, name, sent] = (created(world)[0]?.args ?? []) as [string, string, { indices: string[]; metadata: { ossnap: object } }];
    expect([preview.snapshot, preview.request?.indices]).toEqual([name, sent.indices]);
    expect(preview.request?.metadata).toEqual({ ...sent.metadata, ossnap: { ...sent.metadata.ossnap, job: "-" } });
  });
});

describe("a selection that lost more than its policy allows", () => {
  async function halved(action: "tell" | "refuse", damage?: string) {
    const world = await world817((policy) => {
      policy.shrinkAtMost = { percent: 30, action };
    });
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    await world.source.deleteIndex("movies-old");
    if (damage !== undefined) await world.state.put(stateKey.taken("nightly"), Buffer.from(damage));
    world.advance(DAY_MS);
    await tick(world);
    world.advance(3 * MINUTE_MS);
    await tick(world);
    return world;
  }
  const shrank = ({ notices }: Made) => notices.filter(({ key }) => key === "selection-shrank:nightly").map(({ status }) => status);

  it("is reported once and taken", async () => {
    const world = await halved("tell");
    expect([created(world).length, shrank(world)]).toEqual([2, ["firing"]]);
  });

  it.each(["{", "{}", "null"])("is compared with the newest good snapshot while the record of the last success is %s", async (damage) => {
    const world = await halved("refuse", damage);
    expect([created(world).length, shrank(world)]).toEqual([1, ["firing"]]);
  });

  it("is refused if the policy says so, and taken when a person asks", async () => {
    const world = await halved("refuse");
    expect([created(world).length, shrank(world)]).toEqual([1, ["firing"]]);
    expect(await done(world, "backup-nightly-20261122t013000z")).toMatchObject({ state: "refused", reason: { code: "selection.shrank" } });
    const asked = { by: "person" as const, who: "li" };
    await askBackup(await world.open(), { policy: "nightly", slot: "20261122t020000z", asked, key: "by-hand" });
    await tick(world);
    expect(created(world)).toHaveLength(2);
  });
});

describe("indices that no policy takes", () => {
  it("are reported once, and once when a policy takes them", async () => {
    const world = await withMovies();
    await fire(world);
    await tick(world);
    await tick(world);
    world.config.backups.nightly?.indices.push("series");
    await tick(world);
    expect(world.coverage.map(({ status, text }) => `${status} ${text}`)).toEqual([
      "firing no backup policy covers 1 index or data stream of source: series; `ossnap status` lists them",
      "resolved every index of source is covered or excluded by a policy again",
    ]);
  });

  it("are not those that a policy excludes on purpose, which status lists as such", async () => {
    const world = await withMovies();
    world.config.backups.nightly?.indices.push("-series");
    await fire(world);
    await tick(world);
    expect(world.coverage).toEqual([]);
    const { coverage } = await showStatus(await world.open(), { rows: [], unread: [] });
    expect(coverage[0]).toMatchObject({ cluster: "source", uncovered: [], excluded: [{ name: "series", policies: ["nightly"] }] });
    expect((await dryPrune(await world.open(), "nightly")).uncovered).toEqual([]);
  });
});

describe("the proof that a policy wants of each success", () => {
  it("is requested at the end of the backup with its level and budget, once, and gives up within the hour", async () => {
    const world = await world817((policy) => {
      policy.verify = { level: "contents", budgetBytes: 1000 };
    });
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    const ids = (await world.open()).live?.jobs ?? new Map();
    const [id = ""] = [...ids.keys()].filter((one) => one.startsWith("verification-"));
    expect((await (await world.open()).log.read(id))?.intent).toMatchObject({
      asked: { by: "ossnap", who: ID },
      input: { repository: "backups", level: "contents", budgetBytes: 1000 },
    });
    world.advance(HOUR_MS + MINUTE_MS);
    await tick(world);
    await tick(world);
    expect(world.notices.filter(({ key, status }) => key.startsWith("verify-failed:") && status === "firing")).toHaveLength(1);
  });
});
