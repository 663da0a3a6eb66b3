import { beforeEach } from "vitest";
import type { Asked, DoneRecord } from "../../shared/jobs/record.ts";
import type { Place, SnapshotChoice } from "../../shared/model/config.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import { STEP1 } from "./moved.ts";
import { OPS, tick } from "./nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "./world.ts";

/** Where the copy `move` reads; it writes to {@link MOVED}. */
export const SOURCE: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };

export let world: TestWorld;

interface CopyWorldOptions {
  snapshots?: SnapshotChoice;
  start?: string;
  /** What is at the source. */
  blobs?: ReadonlyMap<string, Uint8Array>;
}

/** Creates a new world with the copy `move` before each test of the calling file. */
export function freshCopyWorld({ snapshots = "all", start, blobs = STEP1.blobs }: CopyWorldOptions = {}): void {
  beforeEach(async () => {
    const config = testConfig((made) => {
      made.backups = {};
      made.watches = {};
      made.repositories = { aws: { cluster: "source", register: { type: "s3", settings: { bucket: "aws" } }, blobs: SOURCE } };
      made.copies.move = { from: "aws", to: MOVED, snapshots };
    });
    world = await testWorld({ config, ...(start === undefined ? {} : { start }) });
    await world.fill(SOURCE, blobs);
  });
}

/** Asks for the copy and runs ticks and tasks; `done` is undefined while the job is open. */
export async function runCopy(rounds = 8, asked: Asked = OPS): Promise<{ id: string; done: DoneRecord | undefined }> {
  const created = await askCopy(await world.open(), "move", asked);
  const id = created.outcome === "done" ? created.done.id : created.job.id;
  for (let round = 0; round < rounds; round += 1) {
    await tick(world);
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
  return { id, done: await (await world.open()).log.done(id) };
}
