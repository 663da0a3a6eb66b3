import { describe, expect, it } from "vitest";
import { type JobStatus, watchJob } from "../../../infra/cli/wait.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { reason } from "../../../shared/model/reason.ts";
import type { JobRow } from "../../../shared/verbs/jobs/show.ts";

const row = (state: string, at: string): JobRow => ({
  id: "copy-1",
  kind: "copy",
  about: "a",
  state,
  reason: reason("copy.asked", { askedBy: "person", by: "me" }),
  askedBy: "person",
  by: "me",
  since: "2026-11-21T00:00:00Z",
  at,
});
const running: JobStatus = { row: row("copying", "1"), over: false };
const over: JobStatus = { row: row("done", "2"), over: true };

function watch(sights: (JobStatus | AppError)[], options: { waitMs?: number; controller?: AbortController } = {}) {
  const changes: string[] = [];
  const troubles: string[] = [];
  const look = async () => {
    const next = sights.length > 1 ? sights.shift() : sights[0];
    if (next instanceof AppError) throw next;
    return next;
  };
  const { controller = new AbortController(), waitMs = 60_000 } = options;
  const watched = watchJob(look, {
    waitMs,
    pollMs: 1,
    signal: controller.signal,
    onChange: ({ state }) => changes.push(state),
    onTrouble: (text) => troubles.push(text),
  });
  return { watched, changes, troubles };
}

describe("waiting for a job", () => {
  it("reports each change once and finishes with the job", async () => {
    const { watched, changes } = watch([running, running, running, over]);
    expect(await watched).toEqual({ end: "over", row: over.row });
    expect(changes).toEqual(["copying", "done"]);
  });

  it("polls again when the state store does not answer, and gives up on any other error", async () => {
    const { watched, troubles } = watch([running, new AppError("transient", "state: 503"), over]);
    expect((await watched).end).toBe("over");
    expect(troubles).toEqual(["state: 503"]);
    await expect(watch([new AppError("denied", "state: 403")]).watched).rejects.toThrow("state: 403");
  });

  it("returns the last observed row when time is up", async () => {
    expect(await watch([running], { waitMs: 5 }).watched).toEqual({ end: "timeout", row: running.row });
  });

  it("asks what the job waits for while its record does not change, at once and then now and then", async () => {
    const asked: string[] = [];
    const onQuiet = async ({ state }: JobRow) => void asked.push(state);
    const sights = Array.from({ length: 30 }, () => running);
    const look = async () => sights.shift() ?? over;
    const options = {
      waitMs: 60_000,
      pollMs: 1,
      signal: new AbortController().signal,
      onChange: () => undefined,
      onTrouble: () => undefined,
    };
    expect((await watchJob(look, { ...options, onQuiet, quietMs: 60_000 })).end).toBe("over");
    expect(asked).toEqual(["copying"]);
  });

  it("stops at once when interrupted", async () => {
    const controller = new AbortController();
    const { watched } = watch([running], { controller });
    controller.abort();
    expect((await watched).end).toBe("interrupted");
  });
});
