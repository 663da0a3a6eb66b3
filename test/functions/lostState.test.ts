import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { handler as advanceJobs } from "../../functions/advanceJobs.ts";
import { handler as continueJob } from "../../functions/continueJob.ts";
import { handler as copyBlobs } from "../../functions/copyBlobs.ts";
import { handler as createSnapshots } from "../../functions/createSnapshots.ts";
import { handler as http } from "../../functions/http.ts";
import { handler as onCopiedBlob } from "../../functions/onCopiedBlob.ts";
import { handler as pruneSnapshots } from "../../functions/pruneSnapshots.ts";
import { writeConfig } from "../infra/cli/runCli.ts";

const TIMER = { triggerTime: "2026-11-21T01:30:00Z", triggerName: "nightly", payload: '{"policy":"nightly"}' };
const ROOT_BLOB = { eventName: "ObjectCreated:PutObject", oss: { bucket: { name: "moved" }, object: { key: "movies/index-0" } } };
const TOKEN = "a-token-of-an-operator";
const REQUEST = { headers: { "x-ossnap-token": TOKEN }, requestContext: { http: { method: "GET", path: "/jobs" } } };

// A function keeps its configuration for its lifetime, as on Function Compute, so all tests share one directory.
const directory = mkdtempSync(join(tmpdir(), "ossnap-lost-"));
const state = join(directory, "state");

/** The result of a function as text, whether it threw or returned. */
async function outcome(handler: typeof advanceJobs, event: unknown): Promise<string> {
  const context = { requestId: "request-1", function: { name: "test", timeout: 60 } };
  try {
    return JSON.stringify(await handler(Buffer.from(JSON.stringify(event)), context));
  } catch (error) {
    return String(error);
  }
}

beforeEach(async () => {
  mkdirSync(state, { recursive: true });
  const sha256 = createHash("sha256").update(TOKEN).digest("hex");
  vi.stubEnv("OSSNAP_CONFIG", await writeConfig(directory, `http: { tokens: [{ name: ops, role: operator, sha256: ${sha256} }] }`));
  vi.stubEnv("SOURCE_PASSWORD", "not-shown");
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

describe.each([
  ["createSnapshots", createSnapshots, TIMER],
  ["pruneSnapshots", pruneSnapshots, TIMER],
  ["onCopiedBlob", onCopiedBlob, { events: [ROOT_BLOB] }],
  ["continueJob", continueJob, { job: "copy-a" }],
  ["copyBlobs", copyBlobs, { job: "copy-a", batch: "0-0", attempt: 1 }],
  ["advanceJobs", advanceJobs, {}],
  ["http", http, REQUEST],
])("the function %s", (name, handler, event) => {
  // A caller of the HTTP function has no command line.
  const [init, adopt] = name === "http" ? ["`ossnap init` on the command line", "`POST /adopt`"] : ["`ossnap init`", "`ossnap adopt`"];

  it("invariant 9: refuses a state without identity, names the fix for a new and for a lost one, and writes nothing", async () => {
    const text = await outcome(handler, event);
    expect(text).toContain(`has no identity (state.json); run: ${init} (and, if an earlier state was lost: ${adopt})`);
    expect(readdirSync(state)).toEqual([]);
  });

  it("invariant 9: refuses a state whose live/ is lost, names the fix, and writes nothing", async () => {
    const identity = { schema: 1, product: "ossnap", id: "one", createdAt: "2026-11-21T00:00:00Z", marked: true };
    writeFileSync(join(state, "state.json"), JSON.stringify(identity));
    expect(await outcome(handler, event)).toContain(`are lost, although the identity exists; run: ${adopt}`);
    expect(readdirSync(state)).toEqual(["state.json"]);
  });

  it("refuses the state of another product, and names the fix", async () => {
    writeFileSync(join(state, "state.json"), '{"product":"terraform"}');
    const text = await outcome(handler, event);
    expect(text).toContain("is not ossnap's; ");
    expect(text).toContain(`run: ${init} (then ${adopt}`);
    expect(readdirSync(state)).toEqual(["state.json"]);
  });
});
