import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalHost, startLocalHost } from "../../infra/local/host/host.ts";
import { stopOrphans } from "../../infra/local/host/orphans.ts";
import { clientOf } from "../../infra/local/story/client.ts";
import { openStage } from "../../infra/local/story/stage.ts";
import { playStory, type StoryResult } from "../../infra/local/story/story.ts";
import { isFinal } from "../../shared/jobs/record.ts";
import type { JobRow } from "../../shared/verbs/jobs/show.ts";
import { type Killed, type Moment, serversOf, startAndKill } from "./killHost.ts";

/** OSSNAP_KILLS=10 sets a higher number for a long run. */
const KILLS = Number(process.env.OSSNAP_KILLS ?? 2);
/** OSSNAP_KILL_SEED with the printed value repeats the same moments. */
const SEED = Number(process.env.OSSNAP_KILL_SEED ?? Date.now() % 2 ** 31);
const TIMEOUT_MS = 120_000 + KILLS * 240_000;
/** Separate from the ports of the other live tests and of a host that may be running on this machine. */
const environment = { ...process.env, OSSNAP_PORT_BASE: "20650" };
/** Number of lines that the story prints; the kills are spread over them. */
const STORY_LINES = 50;
/** Points that the story passes repeatedly, "" for any open job. */
const SEEN = ["", "", "startSnapshot", "copy", "startTask", "publishRoot", "arrival", "askRestore", "restoreIndex", "swapAlias", "settle"];
/** An interrupted restore starts again only after a minute, so only the long run includes this. */
if (KILLS > 3) SEEN.push("restoring");
/** Tried if the story had ended before every other moment. */
const FIRST_LINES: Moment = { afterLines: 3, seen: "", servers: false };
const silent = { chapter: () => undefined, progress: () => undefined, done: () => undefined };

let data: string;
let host: LocalHost;
let story: StoryResult;
let jobs: JobRow[];
const kills: Killed[] = [];

beforeAll(async () => {
  console.log(`OSSNAP_KILLS=${KILLS} OSSNAP_KILL_SEED=${SEED}`);
  data = await mkdtemp(join(tmpdir(), "ossnap-killed-"));
  await chmod(data, 0o755);
  for (const moment of [...moments(), FIRST_LINES]) {
    if (moment === FIRST_LINES && kills.length > 0) break;
    const killed = await startAndKill(data, environment, moment);
    if (killed === undefined) continue;
    kills.push(killed);
    console.log(`killed${killed.moment.servers ? " with its servers" : ""}: ${JSON.stringify(killed.open)}`);
  }
  host = await startLocalHost({ environment, dataDirectory: data });
  story = await playStory(host, silent);
  await openStage(host, silent).settle();
  jobs = (await clientOf(host, "operator").get<{ data: JobRow[] }>("/jobs?limit=200")).data;
}, TIMEOUT_MS);

afterAll(async () => {
  await host?.close();
  // Needed when a start in between failed, because nothing else ends them.
  await stopOrphans(data);
  await rm(data, { recursive: true, force: true });
  await rm(`${data}.log`, { force: true });
});

describe("a host that is killed repeatedly and restarted on the same directory", () => {
  it("was killed while jobs were open, and left its servers behind", () => {
    expect(kills.length).toBeGreaterThan(0);
    for (const { open, orphans } of kills) {
      expect(open).not.toEqual([]);
      expect(orphans).toHaveLength(3);
    }
  });

  it("reaches the same end, and no search fails or is wrong", () => {
    expect(story.documents).toEqual({ source: 5, target: 5 });
    expect(story.searches.total).toBeGreaterThan(0);
    expect(story.searches).toMatchObject({ failed: 0, wrong: 0 });
    expect(story.restores.slice(0, 2).map(({ documents }) => documents)).toEqual([3, 5]);
  });

  it("leaves no job open or failed", () => {
    expect(jobs.filter(({ kind, state }) => kind !== "retire" && !isFinal(state))).toEqual([]);
    expect(jobs.filter(({ state }) => state === "failed")).toEqual([]);
  });

  it("has one successful snapshot per slot", async () => {
    const answer = await fetch(`${host.source.url}/_snapshot/movies-aws/_all`);
    const { snapshots } = (await answer.json()) as { snapshots: { snapshot: string; state: string }[] };
    const taken = [...snapshots.filter(({ state }) => state === "SUCCESS").map(({ snapshot }) => snapshot), ...story.removed];
    const backups = jobs.filter(({ kind, state }) => kind === "backup" && state === "done");
    expect(backups.length).toBeGreaterThan(15);
    expect(taken.sort()).toEqual(backups.map(({ result }) => (result as { snapshot: string }).snapshot).sort());
    expect(new Set(taken.map(slotOf)).size).toBe(taken.length);
  });

  it("has restored each snapshot once for the alias, and left nothing half restored", async () => {
    const restored = jobs.filter(({ kind, state }) => kind === "restore" && state === "done").map(({ result }) => result as Restored);
    const forAlias = restored.filter(({ alias }) => alias === "movies").map(({ snapshot }) => snapshot);
    expect(forAlias.length).toBeGreaterThan(1);
    expect(new Set(forAlias).size).toBe(forAlias.length);
    const cat = await (await fetch(`${host.target.url}/_cat/indices?h=index`)).text();
    expect(cat.split("\n").filter(Boolean).sort()).toEqual(restored.flatMap(({ indices }) => indices.map(({ as }) => as)).sort());
  });

  it("has ended the servers that each kill left behind", async () => {
    const running = new Set(await serversOf(data));
    expect(running.size).toBe(3);
    for (const pid of kills.flatMap(({ orphans }) => orphans))
      if (!running.has(pid)) expect(() => process.kill(pid, 0), String(pid)).toThrow();
  });
});

/** The name without the attempt: `nightly-20261121t173000z`. */
function slotOf(snapshot: string): string {
  return snapshot.slice(0, "nightly-20261121t173000z".length);
}

interface Restored {
  snapshot: string;
  alias?: string;
  indices: { as: string }[];
}

function moments(): Moment[] {
  const random = randomFrom(SEED);
  return Array.from({ length: KILLS }, (_, at) => ({
    afterLines: Math.floor((random() * STORY_LINES) / KILLS),
    seen: SEEN[Math.floor(random() * SEEN.length)] ?? "",
    servers: at % 3 === 1,
  }));
}

/** Mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
