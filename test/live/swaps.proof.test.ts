import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slotOf } from "../../shared/model/slot.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { askRollback } from "../../shared/verbs/rollback/ask.ts";
import { OPS } from "../world/nightly.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { policyFor, type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="5.5.3 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "7.10.2").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
/** Restored names and snapshots are ordered by whole seconds at least. */
const SECOND_MS = 1_100;

const INDICES = ["movies", "logs-1", "logs-2", "logs-3"];
const ONE = { films: "movies" };
const FIVE = { films: "movies", logs: "logs-*", newest: "logs-3", everything: "*", middle: "logs-2" };
const SEARCHES_PER_SECOND = 200;
const OPEN_MAX = 200;

interface Searches {
  sent: number;
  perSecond: number;
  failed: string[];
  /** By alias, each count that was seen. */
  counts: Map<string, Set<number>>;
}

describe.each(VERSIONS)("aliases that are searched on Elasticsearch %s", (version) => {
  let real: RealCluster;
  let world: RealWorld;

  beforeAll(async () => {
    real = await openReal(version, { name: "source" });
    world = await realWorld(real, [real.newRepository("backups")], { nightly: policyFor("backups", { indices: INDICES }) });
    for (const index of INDICES) await real.createIndex(index, 2);
  }, START_MS);
  afterAll(() => real?.close());

  let written = 0;
  /** One more document in every index, and a snapshot of them; resolves to its name. */
  async function night(): Promise<string> {
    written += 1;
    for (const index of INDICES) await real.writeDocuments(index, [written]);
    await setTimeout(SECOND_MS);
    const created = await askBackup(await world.open(), { policy: "nightly", slot: slotOf(new Date()), asked: OPS });
    const { result } = await world.ended(created.outcome === "done" ? created.done.id : created.job.id);
    return (result as { snapshot: string }).snapshot;
  }
  async function serve(snapshot: string, aliases: Record<string, string>): Promise<string> {
    const request = { snapshot, repository: "backups", to: "source", indices: INDICES, aliases, replicas: 0 };
    const outcome = await startRestore(await world.open(), request, OPS);
    if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks.filter(({ result }) => result === "refuse")));
    const id = outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
    expect(await world.ended(id)).toMatchObject({ state: "done" });
    return id;
  }

  /** Counts behind every alias in turn, at a fixed rate, while `act` runs. */
  async function searched(aliases: readonly string[], act: () => Promise<void>): Promise<Searches> {
    const seen: Searches = { sent: 0, perSecond: 0, failed: [], counts: new Map(aliases.map((alias) => [alias, new Set()])) };
    const open = new Set<Promise<void>>();
    let isOver = false;
    const search = async (alias: string): Promise<void> => {
      const answer = await fetch(`${real.url}/${alias}/_search?size=0`);
      const text = await answer.text();
      if (!answer.ok) seen.failed.push(`${alias}: ${answer.status} ${text.slice(0, 200)}`);
      else {
        const { hits, _shards } = JSON.parse(text) as { hits: { total: number | { value: number } }; _shards: { failed: number } };
        if (_shards.failed > 0) seen.failed.push(`${alias}: ${_shards.failed} shards failed`);
        seen.counts.get(alias)?.add(typeof hits.total === "number" ? hits.total : hits.total.value);
      }
    };
    const startedMs = performance.now();
    const sending = (async () => {
      while (!isOver) {
        const due = Math.floor(((performance.now() - startedMs) / 1000) * SEARCHES_PER_SECOND);
        // A machine that is too slow for the rate answers fewer, and is not buried under them.
        for (; seen.sent < due && open.size < OPEN_MAX; seen.sent += 1) {
          const one = search(aliases[seen.sent % aliases.length] ?? "").catch((error: unknown) => void seen.failed.push(String(error)));
          open.add(one);
          void one.finally(() => open.delete(one));
        }
        await setTimeout(5);
      }
    })();
    try {
      await act();
      await setTimeout(500);
    } finally {
      isOver = true;
      await sending;
      await Promise.all(open);
    }
    seen.perSecond = Math.round((1000 * seen.sent) / (performance.now() - startedMs));
    return seen;
  }

  it.each([
    ["one alias", ONE],
    ["five aliases", FIVE],
  ])(
    "%s: no search fails while they move and move back, and none counts anything but all of the old or all of the new",
    async (_what, aliases) => {
      const names = Object.keys(aliases);
      await serve(await night(), aliases);
      const newer = await night();
      let restore = "";
      const seen = await searched(names, async () => {
        restore = await serve(newer, aliases);
        await setTimeout(500);
        const created = await askRollback(await world.open(), { restore }, OPS);
        expect(await world.ended(created.outcome === "done" ? created.done.id : created.job.id)).toMatchObject({ state: "done" });
      });
      console.log(`${version}: ${names.length} aliases, ${seen.sent} searches, ${seen.perSecond} a second`);
      expect(seen.failed).toEqual([]);
      const [before, after] = [written - 1, written];
      const factor: Readonly<Record<string, number>> = { films: 1, logs: 3, newest: 1, everything: 4, middle: 1 };
      for (const alias of names) {
        const counts = [...(seen.counts.get(alias) ?? [])].sort((one, other) => one - other);
        expect([alias, counts]).toEqual([alias, [before * (factor[alias] ?? 0), after * (factor[alias] ?? 0)]]);
      }
      expect(seen.sent).toBeGreaterThan(SEARCHES_PER_SECOND);
    },
    LIMIT_MS,
  );

  it(
    "an index makes room for the alias of its name in one call, and is refused after a write that no snapshot holds",
    async () => {
      const request = { repository: "backups", to: "source", indices: ["movies"], alias: "movies", replicas: 0, replaceIndex: true };
      const isOld = version.startsWith("5.");
      const block = (on: boolean) =>
        isOld ? real.cluster.updateIndexSettings("movies", { "index.blocks.write": String(on) }) : Promise.resolve();
      const stale = await night();
      await real.writeDocuments("movies", [9_001]);
      await block(true);
      const refused = await startRestore(await world.open(), { ...request, snapshot: stale }, OPS);
      expect(
        "refused" in refused && refused.refused.checks.flatMap(({ result, reason }) => (result === "refuse" ? [reason.code] : [])),
      ).toEqual(["alias.oldWritten"]);
      await block(false);
      const fresh = await night();
      await block(true);
      const before = await real.cluster.countDocuments("movies");
      let id = "";
      const seen = await searched(["movies"], async () => {
        const outcome = await startRestore(await world.open(), { ...request, snapshot: fresh }, OPS);
        if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks.filter(({ result }) => result === "refuse")));
        id = outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
        expect(await world.ended(id)).toMatchObject({ state: "done" });
      });
      console.log(`${version}: first move, ${seen.failed.length} of ${seen.sent} searches failed: ${seen.failed[0] ?? ""}`);
      const indices = await real.cluster.listIndices();
      expect(indices.find(({ name }) => name === "movies")).toBeUndefined();
      expect(indices.filter(({ aliases }) => aliases.includes("movies"))).toHaveLength(1);
      expect(await real.cluster.countDocuments(indices.find(({ aliases }) => aliases.includes("movies"))?.name ?? "")).toBe(before);
    },
    LIMIT_MS,
  );
});
