import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stopOrphans } from "../../infra/local/host/orphans.ts";
import { type ApiClient, apiClient } from "../../infra/local/story/client.ts";
import { countMovies, createMovies, FIRST_MOVIES, MORE_MOVIES, writeMovies } from "../../infra/local/story/documents.ts";
import type { JobRow } from "../../shared/verbs/jobs/show.ts";
import type { Serving } from "./migratingHost.ts";

/** Each takes a minute or two, so none without `npm run proof:migrate`, or OSSNAP_KILLS=2 for a few. */
const KILLS = Number(process.env.OSSNAP_KILLS ?? 0);
/** OSSNAP_KILL_SEED with the printed value repeats the same moments. */
const SEED = Number(process.env.OSSNAP_KILL_SEED ?? Date.now() % 2 ** 31);
const LIMIT_MS = 240_000 + KILLS * 200_000;
const environment = { ...process.env, OSSNAP_PORT_BASE: "21050" };
const FINAL = ["done", "failed", "cancelled", "refused", "skipped"];
/** What is asked for, in turn, and how long after it the kill comes at most. */
const PHASES = [
  { mode: "cutover", body: { start: true, blockWrites: true }, withinMs: 75_000 },
  { mode: "rollback", body: { start: true, loseWrites: true }, withinMs: 3_000 },
  { mode: "sync", body: {}, withinMs: 8_000 },
];

let data: string;
let host: ChildProcess;
let serving: Serving;
let api: ApiClient;

async function start(): Promise<void> {
  const args = ["--import", "tsx", "test/live/migratingHost.ts", data];
  host = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"], env: environment });
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    host.stdout?.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    host.once("exit", (code) => reject(new Error(`the host ended with ${code}`)));
  });
  serving = JSON.parse(line) as Serving;
  api = apiClient(serving.url, serving.token, serving.keys);
}

/** Also its servers go: the next start ends what it left. */
async function kill(): Promise<void> {
  host.kill("SIGKILL");
  await new Promise((resolve) => host.once("exit", resolve));
}

async function ask(mode: string, body: object): Promise<string> {
  const { status, body: job } = await api.post<JobRow>(`/migrations/movies/${mode}`, body);
  expect([status, job]).toMatchObject([202, { kind: "migration" }]);
  return job.id;
}

async function ended(id: string): Promise<JobRow> {
  for (;;) {
    const row = await api.get<JobRow>(`/jobs/${id}`);
    if (FINAL.includes(row.state)) return row;
    await pause(500);
  }
}

const takesWrites = () =>
  writeMovies(serving.source.url, serving.source.version, [{ id: 1, title: "Das Boot", year: 1981 }]).then(
    () => true,
    () => false,
  );

describe.skipIf(KILLS === 0)("a migration whose host is killed at random moments", () => {
  beforeAll(async () => {
    console.log(`OSSNAP_KILLS=${KILLS} OSSNAP_KILL_SEED=${SEED}`);
    data = await mkdtemp(join(tmpdir(), "ossnap-migrating-"));
    await chmod(data, 0o755);
    await start();
    await createMovies(serving.source.url);
    await writeMovies(serving.source.url, serving.source.version, FIRST_MOVIES);
    expect(await ended(await ask("sync", {}))).toMatchObject({ state: "done", result: { documents: 3 } });
    await writeMovies(serving.source.url, serving.source.version, MORE_MOVIES);
  }, LIMIT_MS);

  afterAll(async () => {
    host?.kill("SIGKILL");
    await stopOrphans(data);
    await rm(data, { recursive: true, force: true });
  });

  it(
    "goes on, each time, to the end that was asked for",
    async () => {
      const moments = fc.sample(fc.noBias(fc.integer({ min: 0, max: 1000 })), { numRuns: KILLS, seed: SEED });
      let [served, before] = [3, 3];
      for (const [number, thousandths] of moments.entries()) {
        const { mode, body, withinMs } = PHASES[number % PHASES.length] as (typeof PHASES)[number];
        const id = await ask(mode, body);
        const killedMs = Math.round((thousandths * withinMs) / 1000);
        await pause(killedMs);
        const { state } = await api.get<JobRow>(`/jobs/${id}`);
        await kill();
        console.log(`killed ${killedMs} ms after ${mode} was asked for, which was ${state}`);
        await start();
        expect(await ended(id)).toMatchObject({ state: "done" });
        [served, before] = mode === "rollback" ? [before, before] : [5, served];
        const found = [mode, await countMovies(serving.target.url), await takesWrites()];
        expect(found).toEqual([mode, served, mode !== "cutover"]);
      }
      const failed = (await api.get<{ data: JobRow[] }>("/jobs?limit=200")).data.filter(({ state }) => state === "failed");
      expect(failed).toEqual([]);
    },
    LIMIT_MS,
  );
});
