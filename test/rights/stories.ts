import { readOpenWork } from "../../shared/jobs/openWork.ts";
import { messageOf } from "../../shared/model/errors.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { copyBlobs } from "../../shared/tick/copyBlobs.ts";
import { handOver, isInTask } from "../../shared/tick/handOver.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import { batchId } from "../../shared/verbs/copy/planning/batches.ts";
import type { CopyData } from "../../shared/verbs/copy/types.ts";
import { askVerification } from "../../shared/verbs/verification/ask.ts";
import type { RightsStage, Role } from "./rightsStage.ts";

const ASKED = { by: "person" as const, who: "li" };
const PARTS_BYTES = 20 * 1024 * 1024;
export const LACKING = "the keys need the right";

let stage: RightsStage;
/** The stand-in knows tasks of earlier runs, so no job has the id of another. */
let asks = 0;

/** The stage of the stories that follow. */
export function play(on: RightsStage): void {
  stage = on;
}

/** Every message of the role's story, of whatever fails. @param lacked the action that is taken away. */
export async function told(role: Role, lacked?: string): Promise<string> {
  const answers: string[] = [];
  try {
    answers.push(JSON.stringify(await STORIES[role](lacked)) ?? "");
  } catch (error) {
    answers.push(messageOf(error));
  }
  return [...answers, ...stage.said].join("\n");
}

/** Two copies, the second of a newer root, looks at the watch, a proof, a look that is handed to a task, and an upload that breaks off. */
async function work(role: Role, action: string | undefined): Promise<unknown> {
  const seen: unknown[] = [];
  for (let round = 0; round < 2; round += 1) {
    asks += 1;
    await askCopy(await stage.world(role), "move", ASKED, { key: `copy-${asks}` });
    seen.push(await untilIdle(role));
    await stage.moveSourceOn();
  }
  const proof = { repository: "source", snapshot: "latest", level: "metadata" as const };
  const created = await askVerification(await stage.world(role), proof, ASKED, { key: `proof-${asks}` });
  const world = await stage.world(role);
  if (created.outcome === "created") await handOver(world, await readOpenWork(world), created.job);
  const broken = action === undefined || /Put|Abort/.test(action) ? await breakOff(role) : "";
  return [...seen, await untilIdle(role), broken];
}

/** What the HTTP function reads and starts; nothing here reaches a cluster. */
async function requests(): Promise<unknown> {
  asks += 1;
  const restore = (repository: string) => ({ repository, snapshot: "latest", to: "any", indices: ["*"] });
  const answers = [
    await stage.request("GET", "/status"),
    await stage.request("POST", "/copies/move", undefined, `copy-${asks}`),
    await stage.fillMoved(),
    await stage.request("POST", "/verifications", { repository: "source", snapshot: "latest" }),
    await stage.request("POST", "/restores", restore("source")),
    await stage.request("POST", "/restores", restore("moved")),
    await stage.request("POST", "/pause"),
    await stage.request("POST", "/resume"),
    await stage.request("GET", "/jobs"),
  ];
  const world = await stage.world("http");
  const open = await readOpenWork(world);
  for (const job of open.jobs) await handOver(world, open, job);
  open.live.tasks.clear();
  for (const job of open.jobs) answers.push((await isInTask(world, await readOpenWork(world), job)) as never);
  return answers;
}

async function untilIdle(role: Role): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    seen.push(await advanceJobs(await stage.world(role)));
    const world = await stage.world(role);
    const copying = (await readOpenWork(world)).jobs.filter(({ kind }) => kind === "copy");
    if (copying.length === 0) return seen;
    for (const { id, head } of copying) {
      seen.push(head);
      const { moving } = head.data as CopyData;
      for (const { number, attempt } of moving?.begun ?? [])
        seen.push(await copyBlobs(world, { job: id, batch: batchId(moving?.plan ?? "", number), attempt }));
    }
  }
  return seen;
}

async function breakOff(role: Role): Promise<string> {
  const { moved } = stage.settings.config.watches;
  if (!moved) throw new Error("no watch");
  stage.oss.faults.add({ kind: "status", match: { operation: "UploadPart" }, params: { status: 400, code: "InvalidDigest" }, times: 9 });
  try {
    await (await stage.world(role))
      .blobs(moved.blobs)
      .putFrom("broken", PARTS_BYTES, async ({ start, end }) => new Uint8Array(end - start));
    return "the upload did not break off";
  } catch (error) {
    return messageOf(error);
  } finally {
    stage.oss.faults.clear();
  }
}

/** @param lacked the action that is taken away. */
const STORIES: Readonly<Record<Role, (lacked?: string) => Promise<unknown>>> = {
  workers: (lacked) => work("workers", lacked),
  terminal: async (lacked) => {
    const called = await stage.call("terminal").catch(messageOf);
    return [called, await stage.initialise("terminal"), await work("terminal", lacked)];
  },
  http: requests,
};
