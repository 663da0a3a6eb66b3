import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import { isAtLeast } from "../../shared/plan/versions.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { cancelJob } from "../../shared/verbs/jobs/ask.ts";
import { type RestoreRequestByHand, startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { finished } from "../contract/clusterFixture.ts";
import { OPS } from "../world/nightly.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="5.5.3 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "8.17.0").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
interface Found {
  hits: { hits: { _index: string; _id: string }[] };
}
const RATE = "indices.recovery.max_bytes_per_sec";

describe.each(VERSIONS)("a cluster's state on Elasticsearch %s", (version) => {
  let real: RealCluster;
  let world: RealWorld;
  const hasStreams = isAtLeast(version, "8.0.0");
  const send = async (method: string, path: string, body?: unknown): Promise<Record<string, never>> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(real.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()) as Record<string, never>;
  };
  const persistent = async () =>
    (await send("GET", "/_cluster/settings?flat_settings=true")).persistent as unknown as Record<string, string>;
  const pipelines = async () => Object.keys(await send("GET", "/_ingest/pipeline"));
  const names = async () => (await real.cluster.listIndices()).map(({ name }) => name);

  beforeAll(async () => {
    real = await openReal(version, { name: "states" });
    const place = real.newRepository("backups");
    world = await realWorld(real, [place], {});
    await real.cluster.putRepository(place, { verify: true });
    await real.createIndex("movies", 1);
    await real.writeDocuments("movies", [1, 2, 3]);
    await send("PUT", "/_cluster/settings", { persistent: { [RATE]: "50mb" } });
    await send("PUT", "/_ingest/pipeline/plain", { processors: [] });
    if (hasStreams) {
      await real.createTasksIndex();
      await real.createStream("logs-app");
      await send("POST", "/logs-app/_rollover");
      await send("POST", "/logs-app/_doc?refresh=true", { "@timestamp": "2026-11-28T00:00:00Z" });
    }
    const indices = hasStreams ? ["movies", "logs-app"] : ["movies"];
    const features = hasStreams ? { featureStates: ["tasks"] } : {};
    await real.cluster.createSnapshot("backups", "all", { indices, metadata: {}, globalState: true, ...features });
    await finished(real.cluster, "backups", "all");
    await real.cluster.createSnapshot("backups", "part", { indices: ["movies"], metadata: {} });
    await finished(real.cluster, "backups", "part");
    await send("PUT", "/_cluster/settings", { persistent: { [RATE]: "60mb", "cluster.routing.allocation.enable": "all" } });
    await send("DELETE", "/_ingest/pipeline/plain");
  }, START_MS);
  afterAll(() => real?.close());

  async function start(change: Partial<RestoreRequestByHand>): Promise<string> {
    const request = { snapshot: "all", repository: "backups", to: "source", indices: ["*", "-.*"], replicas: 0, ...change };
    const outcome = await startRestore(await world.open(), request, OPS);
    if ("refused" in outcome)
      return outcome.refused.checks.flatMap(({ result, reason }) => (result === "refuse" ? [reason.code] : [])).join();
    return outcome.created.outcome === "created" ? outcome.created.job.id : JSON.stringify(outcome);
  }

  it(
    "is replaced once, and leaves no index; a snapshot without one is refused",
    async () => {
      const before = await names();
      expect(await start({ globalState: true, loseOld: true, snapshot: "part" })).toBe("state.noGlobal");
      expect(await start({ globalState: true })).toBe("state.global");
      expect((await persistent())[RATE]).toBe("60mb");
      const id = await start({ globalState: true, loseOld: true });
      expect(await world.ended(id)).toMatchObject({ state: "done", result: { states: { globalState: true } } });
      expect(await persistent()).toEqual({ [RATE]: "50mb" });
      expect(await pipelines()).toContain("plain");
      expect((await names()).sort()).toEqual(before.sort());
    },
    LIMIT_MS,
  );

  it.runIf(hasStreams)(
    "the state of a feature comes with a new index, and a data stream under another name with its backing indices",
    async () => {
      const uuid = async () => (await real.cluster.listIndices()).find(({ name }) => name === ".tasks")?.uuid;
      const before = await uuid();
      const id = await start({ featureStates: ["tasks"], loseOld: true, dataStreams: ["logs-app"], as: { "*": "restored-*" } });
      expect(await world.ended(id)).toMatchObject({ state: "done", reason: { code: "state.done" } });
      expect(await uuid()).not.toBe(before);
      const backing = (await real.cluster.listIndices()).filter(({ dataStream }) => dataStream === "restored-logs-app");
      expect(backing).toHaveLength(2);
      expect(await send("GET", "/restored-logs-app/_count")).toMatchObject({ count: 2 });
      expect(await start({ dataStreams: ["logs-app"] })).toContain("state.streamThere");
    },
    LIMIT_MS,
  );

  it.runIf(hasStreams)(
    "an index of a feature that the snapshot lacks is named, and one that appeared since the plan is not deleted",
    async () => {
      const tasks = async () => (await names()).filter((name) => name.startsWith(".tasks")).sort();
      await send("DELETE", "/.tasks");
      await send("PUT", "/.tasks-precious/_doc/1?refresh=true", { completed: true });
      expect(await start({ featureStates: ["tasks"] })).toBe("state.deletesIndex");
      await send("DELETE", "/.tasks-precious");
      const id = await start({ featureStates: ["tasks"] });
      const open = world.open;
      // The cluster refuses the request once.
      world.open = async (options) => {
        const opened = await open(options);
        const restore = async () => Promise.reject(new AppError("refused", "503 master_not_discovered_exception"));
        return { ...opened, cluster: (name) => ({ ...opened.cluster(name), restore }) };
      };
      await advanceJobs(await world.open());
      world.open = open;
      await real.createTasksIndex();
      expect(await world.ended(id)).toMatchObject({ state: "failed", reason: { code: "state.featureSince" } });
      expect(await tasks()).toEqual([".tasks"]);
      await send("PUT", "/.tasks-precious/_doc/1?refresh=true", { completed: true });
      const accepted = await start({ featureStates: ["tasks"], loseOld: true });
      expect(await world.ended(accepted)).toMatchObject({ state: "done" });
      expect(await tasks()).toEqual([".tasks"]);
    },
    LIMIT_MS,
  );

  it.runIf(hasStreams)(
    "a data stream that others changed stays after a cancel, although it has as many documents",
    async () => {
      const id = await start({ dataStreams: ["logs-app"], as: { "*": "others-*" } });
      const count = async () => {
        const answer = await fetch(`${real.url}/others-logs-app/_count`);
        return answer.ok ? ((await answer.json()) as { count: number }).count : 0;
      };
      // Nothing is counted yet: what the snapshot held decides.
      await advanceJobs(await world.open());
      for (let looks = 0; looks < 100 && (await count()) < 2; looks += 1) await setTimeout(200);
      const { hits } = (await send("GET", `/others-logs-app/_search`)) as unknown as Found;
      const [{ _index, _id } = { _index: "", _id: "" }] = hits.hits;
      const same = `/${_index}/_doc/${_id}?if_seq_no=0&if_primary_term=1&refresh=true`;
      await send("PUT", same, { "@timestamp": "2026-11-30T00:00:00Z" });
      expect(await count()).toBe(2);
      await cancelJob(await world.open(), id, OPS);
      expect(await world.ended(id)).toMatchObject({ state: "cancelled", reason: { code: "state.replaced" } });
      expect((await names()).filter((name) => name.includes("others-logs-app"))).toHaveLength(2);
    },
    LIMIT_MS,
  );

  it(
    "that was replaced before a cancel remains, and the cancel says so",
    async () => {
      await send("PUT", "/_cluster/settings", { persistent: { [RATE]: "60mb" } });
      const before = await names();
      const id = await start({ globalState: true, loseOld: true });
      await world.until("the request is carried out", async () => (await persistent())[RATE] === "50mb");
      await cancelJob(await world.open(), id, OPS);
      const done = await world.ended(id);
      expect(["cancelled", "done"]).toContain(done.state);
      if (done.state === "cancelled") expect(done.reason).toMatchObject({ code: "state.replaced" });
      expect((await names()).sort()).toEqual(before.sort());
    },
    LIMIT_MS,
  );
});
