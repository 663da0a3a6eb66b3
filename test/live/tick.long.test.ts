import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeServerDirectories, openPlaces } from "../../infra/local/host/places.ts";
import type { HereReport } from "../../shared/tick/here/tickHere.ts";
import { runCli } from "../infra/cli/runCli.ts";
import { openReal, type RealCluster } from "./realCluster.ts";

let cluster: RealCluster;
let directory: string;
let repositories: string;
let config: string;

beforeAll(async () => {
  // Elasticsearch, which runs under another account, reads and writes below it.
  repositories = await mkdtemp(join((await openPlaces()).base, "tick-"));
  directory = await mkdtemp(join(dirname(repositories), "tick-state-"));
  await makeServerDirectories([repositories, join(repositories, "source")]);
  for (const path of [join(directory, "state"), join(repositories, "moved")]) await mkdir(path);
  cluster = await openReal("5.5.3", { name: "tick", shared: repositories });
  await cluster.writeDocuments("movies", [1, 2, 3]);
  config = join(directory, "ossnap.json");
  await writeFile(config, JSON.stringify(configuration()));
});
afterAll(async () => {
  await cluster?.close();
  for (const path of [directory, repositories]) if (path) await rm(path, { recursive: true, force: true });
});

/** A slot each minute, which is the night; what it takes is copied, and arrives. The state is a directory. */
function configuration() {
  const place = (name: string) => ({ store: "directory", bucket: join(repositories, name), basePath: "" });
  const registered = (name: string) => ({ type: "fs", settings: { location: join(repositories, name) } });
  return {
    version: 1,
    state: { store: "directory", bucket: join(directory, "state") },
    clusters: { one: { url: cluster.url } },
    repositories: { backups: { cluster: "one", register: registered("source"), blobs: place("source") } },
    backups: {
      nightly: {
        repository: "backups",
        indices: ["movies"],
        schedule: { cron: "0 * * * * *", timeZone: "UTC", missed: "skip" },
        keep: { last: 2 },
      },
    },
    copies: { move: { from: "backups", to: place("moved"), after: "nightly" } },
    watches: {
      moved: {
        blobs: place("moved"),
        cluster: "one",
        register: { name: "moved", ...registered("moved") },
        restore: { indices: ["movies"], alias: "movies-moved", replicas: 0 },
      },
    },
  };
}

const ossnap = (...words: string[]) => runCli([...words, "--config", config], { cwd: directory });
const served = async () => (await cluster.cluster.listIndices()).filter(({ aliases }) => aliases.includes("movies-moved"));

/** Two at the same time, as a timer that does not wait for the tick before. */
async function tickTwice(): Promise<HereReport[]> {
  const ended = await Promise.all([ossnap("tick", "--json"), ossnap("tick", "--json")]);
  for (const { exitCode, stdout, stderr } of ended) expect(exitCode, stdout + stderr).toBe(0);
  return ended.map(({ stdout }) => JSON.parse(stdout).data);
}

it("a night and an arrival are played by `ossnap tick` alone, two at a time, on a state in a directory", async () => {
  expect((await ossnap("init")).exitCode).toBe(0);
  const tasks: string[] = [];
  for (let turn = 0; turn < 150 && (await served()).length === 0; turn += 1) {
    for (const report of await tickTwice()) tasks.push(...report.tasks.map(({ task }) => task));
    await setTimeout(500);
  }
  const [index] = await served();
  expect(await cluster.cluster.countDocuments(index?.name ?? "")).toBe(3);
  // Each batch of the copy was moved in one of the two processes.
  expect([tasks.length > 0, new Set(tasks).size]).toEqual([true, tasks.length]);
  const taken = (await cluster.cluster.listSnapshots("backups")).map(({ name, state }) => `${name.slice(0, 24)} ${state}`);
  expect([taken.length > 0, new Set(taken).size]).toEqual([true, taken.length]);
  expect((await ossnap("status")).stdout).toContain("Nothing is late or reported");
}, 600_000);
