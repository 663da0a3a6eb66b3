import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalHost, startLocalHost } from "../../infra/local/host/host.ts";
import { type ApiClient, clientOf } from "../../infra/local/story/client.ts";
import { countMovies, createMovies, FIRST_MOVIES, MORE_MOVIES, writeMovies } from "../../infra/local/story/documents.ts";
import type { JobRow } from "../../shared/verbs/jobs/show.ts";
import type { MigrationPlan } from "../../shared/verbs/migration/checks.ts";
import type { MigrationStatus } from "../../shared/verbs/migration/show.ts";
import { runCli } from "../infra/cli/runCli.ts";
import { migratingCommands, withMigratingEntry } from "../world/migratingDocs.ts";

/** Separate from the ports of the other hosts of these suites. */
const PORT_BASE = "20850";

const START_MS = 240_000;
/** A cut-over looks twice at the writes, a minute apart. */
const LIMIT_MS = 400_000;
const FINAL = ["done", "failed", "cancelled", "refused", "skipped"];

let host: LocalHost;
let api: ApiClient;

const status = () => api.get<MigrationStatus>("/migrations/movies");
const plan = (mode: string, body: object = {}) => api.post<MigrationPlan>(`/migrations/movies/${mode}`, body);

/** Ticks until the job has ended. */
async function ended(id: string): Promise<JobRow> {
  const deadlineMs = Date.now() + LIMIT_MS / 2;
  while (Date.now() < deadlineMs) {
    await host.tick();
    await host.functions.idle();
    const row = await api.get<JobRow>(`/jobs/${id}`);
    if (FINAL.includes(row.state)) return row;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${id} did not end: ${JSON.stringify(await api.get(`/jobs/${id}?look=true`))}`);
}

async function run(mode: string, body: object = {}): Promise<JobRow> {
  const { status: code, body: job } = await api.post<JobRow>(`/migrations/movies/${mode}`, body);
  expect([code, job]).toMatchObject([202, {}]);
  return ended(job.id);
}

/** Whether the source takes a document. */
async function takesWrites(): Promise<boolean> {
  return writeMovies(host.source.url, host.source.version, [{ id: 9, title: "The Third Man", year: 1949 }]).then(
    () => true,
    () => false,
  );
}

beforeAll(async () => {
  host = await startLocalHost({ environment: { ...process.env, OSSNAP_PORT_BASE: PORT_BASE }, configured: withMigratingEntry });
  api = clientOf(host, "operator");
  await createMovies(host.source.url);
  await writeMovies(host.source.url, host.source.version, FIRST_MOVIES);
}, START_MS);

afterAll(async () => {
  await host?.close();
});

/** Runs a command of docs/migrating.md while the host ticks. */
async function command(line: string): Promise<string> {
  const config = join(tmpdir(), `migrating-${process.pid}.yaml`);
  await writeFile(config, withMigratingEntry(await readFile("ossnap.yaml", "utf8")));
  let isOver = false;
  const ticking = (async () => {
    while (!isOver) {
      await host.tick();
      await host.functions.idle();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  const { environment, oss, accountId } = host.plan;
  const keys = { ALIBABA_CLOUD_ACCESS_KEY_ID: oss.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: oss.accessKeySecret };
  const words = [...line.replace("--wait", "--wait=180s").split(" ").slice(1), "--config", config];
  const { exitCode, stdout, stderr } = await runCli(words, { env: { ...environment, ...keys, OSSNAP_ACCOUNT_ID: accountId } });
  isOver = true;
  await ticking;
  await rm(config);
  expect([line, exitCode], stdout + stderr).toEqual([line, 0]);
  return stdout + stderr;
}

describe("a migration from one entry of ossnap.yaml", () => {
  it(
    "goes the way of docs/migrating.md, from 3 documents to 5 and back, command by command",
    async () => {
      const outputs: string[] = [];
      for (const line of migratingCommands()) {
        outputs.push(await command(line));
        if (line.includes("sync")) await writeMovies(host.source.url, host.source.version, MORE_MOVIES);
        if (line.includes("cutover") && line.includes("--wait"))
          expect([await countMovies(host.target.url), await takesWrites(), await status()]).toMatchObject([
            5,
            false,
            { state: "cut over" },
          ]);
      }
      const [fresh, , synced, dry, cut, , back] = outputs;
      expect(fresh).toContain("No pass was made yet");
      expect(synced).toContain("source has 2 documents more, after 2 operations");
      expect(dry).toContain("Nothing was changed");
      expect(cut).toContain("target serves 5 documents in 1 index");
      expect(back).toContain("source takes writes");
      expect([await countMovies(host.target.url), (await status()).state]).toEqual([3, "synced"]);
    },
    LIMIT_MS,
  );

  // A minute and a half more, so only in `npm run proof:migrate`.
  it.skipIf(process.env.OSSNAP_KILLS === undefined)(
    "cuts over after the last write, and only then; the way back lifts its block",
    async () => {
      expect((await plan("rollback")).body).toMatchObject({ refused: true, checks: [{ reason: { code: "migration.notCut" } }] });
      expect(await run("sync")).toMatchObject({ state: "done", result: { documents: 5 } });
      expect(await status()).toMatchObject({ state: "synced", lag: { documents: 0, operations: 0 } });
      const writing = run("cutover", { start: true });
      let number = 100;
      const writer = setInterval(() => {
        number += 1;
        void writeMovies(host.source.url, host.source.version, [{ id: number, title: `Film ${number}`, year: 2000 }]).catch(
          () => undefined,
        );
      }, 1000);
      expect(await writing).toMatchObject({ state: "failed", reason: { code: "migration.notStopped" } });
      clearInterval(writer);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect([await takesWrites(), (await status()).state]).toEqual([true, "synced"]);

      const source = await countMovies(host.source.url);
      const done = await run("cutover", { start: true, blockWrites: true });
      expect(done).toMatchObject({ state: "done", reason: { code: "migration.isCut" }, result: { documents: source } });
      expect([await countMovies(host.target.url), await takesWrites()]).toEqual([source, false]);
      expect(await status()).toMatchObject({ state: "cut over", cut: { blocked: ["movies"] }, next: [] });
      expect(await plan("sync", {})).toMatchObject({ status: 422, body: { code: "migration-refused" } });

      await writeMovies(host.target.url, host.target.version, [{ id: 10, title: "Roma", year: 2018 }]).catch(() => undefined);
      const written = await countMovies(host.target.url);
      const back = await plan("rollback");
      expect(back.body.refused).toBe(written > source);
      const rolled = await run("rollback", { start: true, loseWrites: true });
      expect(rolled).toMatchObject({ state: "done", reason: { code: "migration.tookBack" } });
      expect([await takesWrites(), (await status()).state, await countMovies(host.target.url)]).toEqual([true, "synced", 5]);
    },
    LIMIT_MS,
  );
});
