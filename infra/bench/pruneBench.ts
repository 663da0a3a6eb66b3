import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { elasticsearchCluster } from "../../shared/adapters/elasticsearch/cluster.ts";
import type { Cluster } from "../../shared/model/cluster.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { snapshotMark, snapshotName } from "../../shared/model/snapshotName.ts";
import { planPrune } from "../../shared/plan/retention/plan.ts";
import { bundleCommand } from "../deploy/bundleCommand.ts";
import { openPlaces, openRun } from "../local/host/places.ts";
import { startElasticsearch } from "../local/servers/elasticsearch.ts";
import { freePort } from "../local/servers/ports.ts";
import { runProgram } from "../local/servers/runProgram.ts";
import { CONFIGURATIONS, PRUNE_INDICES as INDICES, PRUNE_KEEP as KEEP, PRUNE_SNAPSHOTS as SNAPSHOTS } from "./configurations.ts";
import { type CountingProxy, countingProxy } from "./countingProxy.ts";
import { curatorRun, installCurator } from "./curator.ts";

const VERSIONS = ["7.10.2", "5.5.3"];
const DELETED = SNAPSHOTS - KEEP;
const DOCUMENTS = 12;
const FIRST_NIGHT = Date.UTC(2026, 0, 1, 1, 30);
const DAY_MS = 86_400_000;
const HISTORY = 10_000;

interface Side {
  /** Of the whole process, with its start. */
  seconds: number;
  requests: Record<string, number>;
  /** From the first DELETE to the answer of the last one, as the proxy saw them. */
  deletingSeconds: number;
  /** Requests to Elasticsearch for each deleted snapshot. */
  requestsPerDelete: number;
  left: number;
}

interface Sides {
  ours: Side;
  curator: Side;
}

/** The second to run finds the server's code compiled, so each is the first once. */
const ROUNDS: readonly (readonly (keyof Sides)[])[] = [
  ["ours", "curator"],
  ["curator", "ours"],
];

export interface PruneBench {
  snapshots: number;
  keep: number;
  /** By version of Elasticsearch; the ratios are Curator's seconds divided by ours. */
  versions: Record<string, Sides & { ratio: number; deletingRatio: number }>;
  /** A plan of {@link HISTORY} snapshots. */
  plan: { snapshots: number; milliseconds: number };
}

/** Deletes 50 of 60 snapshots with ossnap and with Curator, each in its own process, on the same real servers, and counts the requests. */
export async function benchPrune(note: (text: string) => void): Promise<PruneBench> {
  const python = await installCurator(note);
  const { path: command } = await bundleCommand();
  const versions: PruneBench["versions"] = {};
  for (const version of VERSIONS) versions[version] = await onVersion(version, { python, command }, note);
  return { snapshots: SNAPSHOTS, keep: KEEP, versions, plan: benchPlan() };
}

async function onVersion(
  version: string,
  { python, command }: { python: string; command: string },
  note: (text: string) => void,
): Promise<PruneBench["versions"][string]> {
  const root = await openRun(await openPlaces(), `bench-prune-${version}-${process.pid}`);
  const locations = ROUNDS.map((order, at) => ({ order, ours: join(root, `ours-${at}`), theirs: join(root, `theirs-${at}`) }));
  const server = await startElasticsearch({
    version,
    name: "bench",
    httpPort: await freePort(),
    transportPort: await freePort(),
    runDirectory: join(root, "run"),
    repoDirectories: locations.flatMap(({ ours, theirs }) => [ours, theirs]),
    onNote: note,
  });
  const proxy = await countingProxy(server.url);
  const cluster = elasticsearchCluster({ name: "bench", url: server.url });
  const sides: Record<keyof Sides, Side[]> = { ours: [], curator: [] };
  try {
    await makeIndices(server.url, version);
    for (const { order, ours, theirs } of locations) {
      note(`${version}: two repositories with ${SNAPSHOTS} snapshots each`);
      await fill(cluster, { ours, theirs });
      for (const side of order) {
        note(`${version}: ${side}`);
        const run = side === "ours" ? await readyOssnap(`${ours}-run`, { command, port: proxy.port, location: ours }) : undefined;
        const args = run ?? (await curatorRun(root, { port: proxy.port, repository: "theirs", keep: KEEP }));
        const env = { ...process.env, LC_ALL: "C.UTF-8" };
        const repository = side === "ours" ? "ours" : "theirs";
        sides[side].push(await timed(proxy, cluster, repository, () => runProgram(side, run ? command : python, args, { env })));
      }
    }
  } finally {
    await proxy.close();
    await server.stop();
    await rm(root, { recursive: true, force: true });
  }
  const [ours, curator] = [meanOf(sides.ours), meanOf(sides.curator)];
  const ratio = (theirs: number, ours: number) => Math.round((theirs / ours) * 100) / 100;
  return {
    ours,
    curator,
    ratio: ratio(curator.seconds, ours.seconds),
    deletingRatio: ratio(curator.deletingSeconds, ours.deletingSeconds),
  };
}

/** Everything before the run that is measured: the state, and the hash of the plan; returns the arguments that apply it. */
async function readyOssnap(
  root: string,
  { command, port, location }: { command: string; port: number; location: string },
): Promise<string[]> {
  await mkdir(root);
  const config = await configure(root, { url: `http://127.0.0.1:${port}`, location });
  await runProgram("init", command, ["--config", config, "init"]);
  const dry = JSON.parse(await runProgram("plan", command, ["--config", config, "prune", "nightly", "--json"]));
  return ["--config", config, "prune", "nightly", "--apply", dry.data.hash, "--wait", "10m", "--json"];
}

/** The mean of the times; the requests are those of the last round. */
function meanOf(rounds: readonly Side[]): Side {
  const mean = (value: (side: Side) => number) =>
    Math.round((rounds.reduce((sum, side) => sum + value(side), 0) / rounds.length) * 1000) / 1000;
  return { ...(rounds.at(-1) as Side), seconds: mean(({ seconds }) => seconds), deletingSeconds: mean((side) => side.deletingSeconds) };
}

async function timed(proxy: CountingProxy, cluster: Cluster, repository: string, run: () => Promise<string>): Promise<Side> {
  proxy.reset();
  const startedMs = performance.now();
  await run();
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  const requests = proxy.counts();
  const total = Object.values(requests).reduce((sum, count) => sum + count, 0);
  const { length: left } = await cluster.listSnapshots(repository);
  const deletingSeconds = Math.round(proxy.spanMs("DELETE")) / 1000;
  return { seconds, deletingSeconds, requests, requestsPerDelete: Math.round((total / DELETED) * 100) / 100, left };
}

/** Snapshots of successive nights, with the names and the metadata that a policy gives them. */
async function fill(cluster: Cluster, locations: { ours: string; theirs: string }): Promise<void> {
  const mark = snapshotMark((await cluster.info()).uuid, "nightly");
  for (const [name, location] of Object.entries(locations))
    await cluster.putRepository({ name, type: "fs", settings: { location } }, { verify: true });
  for (let night = 0; night < SNAPSHOTS; night += 1) {
    const slot = slotOf(new Date(FIRST_NIGHT + night * DAY_MS));
    const name = snapshotName({ policy: "nightly", slot, attempt: 1, mark });
    for (const repository of Object.keys(locations)) {
      await cluster.createSnapshot(repository, name, { indices: INDICES, metadata: { ossnap: { policy: "nightly", slot } } });
      while ((await cluster.getSnapshot(repository, name))?.state !== "SUCCESS") await setTimeout(20);
    }
  }
}

async function makeIndices(url: string, version: string): Promise<void> {
  const type = Number(version.split(".")[0]) >= 7 ? "_doc" : "doc";
  for (const index of INDICES) {
    await send(url, "PUT", index, { settings: { "index.number_of_shards": 1, "index.number_of_replicas": 0 } });
    for (let document = 0; document < DOCUMENTS; document += 1)
      await send(url, "PUT", `${index}/${type}/${document}?refresh=true`, { title: `document ${document}` });
  }
}

async function send(url: string, method: string, path: string, body: object): Promise<void> {
  const answer = await fetch(`${url}/${path}`, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function configure(root: string, { url, location }: { url: string; location: string }): Promise<string> {
  const stateDirectory = join(root, "state");
  await mkdir(stateDirectory);
  const path = join(root, "ossnap.yaml");
  await writeFile(path, JSON.stringify(CONFIGURATIONS.prune({ clusterUrl: url, ossUrl: "", stateDirectory, location })));
  return path;
}

function benchPlan(): PruneBench["plan"] {
  const snapshots = Array.from({ length: HISTORY }, (_, at) => {
    const time = new Date(FIRST_NIGHT + at * 3_600_000);
    const uuid = `uuid-${at}`;
    return { name: `nightly-${at}`, uuid, state: "SUCCESS" as const, startTime: time, time, indices: INDICES, ours: true };
  });
  const startedMs = performance.now();
  planPrune({
    policy: "nightly",
    fingerprint: "bench",
    keep: { last: KEEP, hourly: 24, daily: 14, weekly: 8, monthly: 12, yearly: 3, atLeast: 1 },
    timeZone: "Asia/Shanghai",
    atMost: Number.MAX_SAFE_INTEGER,
    atMostPercent: 100,
    snapshots,
    protected: new Map(),
    now: new Date(FIRST_NIGHT + HISTORY * 3_600_000),
    existing: undefined,
  });
  return { snapshots: HISTORY, milliseconds: Math.round(performance.now() - startedMs) };
}
