import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { triggerHeaders } from "../../infra/cli/at/triggerSignature.ts";
import { startLocalHost } from "../../infra/local/host/host.ts";
import { openPlaces } from "../../infra/local/host/places.ts";
import { writeMovies } from "../../infra/local/story/documents.ts";
import { playStory, type StoryResult } from "../../infra/local/story/story.ts";
import type { Adoption } from "../../shared/verbs/adopt/types.ts";
import type { JobRow } from "../../shared/verbs/jobs/show.ts";
import { runCli } from "../infra/cli/runCli.ts";
import { isFinal, type LiveHost, startLive } from "./startStory.ts";

const silent = { chapter: () => undefined, progress: () => undefined, done: () => undefined };

let live: LiveHost;
let story: StoryResult;
/** Slots of later nights, each used once, and never earlier than that of a backup by hand: an earlier slot counts as an older snapshot. */
let next = 0;
const nextNight = () => {
  next = Math.max(next + 1000, Date.now());
  return new Date(next);
};

beforeAll(async () => {
  live = await startLive();
  story = await playStory(live.host, silent);
}, 600_000);

afterAll(async () => {
  await live?.host.close();
});

describe("the story on real Elasticsearch 5.5.2 and 5.5.3", () => {
  it("ends with as many documents at the target as at the source", () => {
    expect(story.documents).toEqual({ source: 5, target: 5 });
    expect(story.restores.slice(0, 2).map(({ documents }) => documents)).toEqual([3, 5]);
  });

  it("serves searches throughout without a failed or wrong answer", () => {
    expect(story.searches.total).toBeGreaterThan(50);
    expect(story.searches).toMatchObject({ failed: 0, wrong: 0 });
  });

  it("copies only new blobs in the second copy", async () => {
    const [first, second] = story.copied;
    const copies = (await live.jobs("copy")).filter(({ state }) => state === "done").reverse();
    const { blobs, skipped } = (copies[1] as JobRow).result as { blobs: number; skipped: { blobs: number } };
    expect(second?.blobs).toBe(blobs);
    expect(skipped.blobs).toBeGreaterThan(0);
    expect(blobs + skipped.blobs).toBeGreaterThan(first?.blobs ?? 0);
  });

  it("prunes on the timer only after the policy was applied by hand, and gives a reason for every kept snapshot", async () => {
    const prunes = (await live.jobs("prune")).reverse();
    expect(prunes[0]).toMatchObject({ state: "refused", reason: { code: "prune.notApplied" } });
    expect(story.removed.length).toBeGreaterThan(3);
    expect(new Set(story.removed).size).toBe(story.removed.length);
    for (const { reasons } of story.kept) expect(reasons.length).toBeGreaterThan(0);
    expect(live.host.board.notices.filter(({ key }) => key === "prune-refused:nightly").map(({ status }) => status)).toEqual([
      "firing",
      "resolved",
    ]);
  });

  it("starts the arrival on the root's event", async () => {
    const arrivals = await live.jobs("arrival");
    const histories = await Promise.all(
      arrivals.slice(-2).map(({ id }) => live.operator.get<{ history: { by: string }[] }>(`/jobs/${id}`)),
    );
    expect(histories.flatMap(({ history }) => history.map(({ by }) => by))).toContain("onCopiedBlob");
  });

  it("registers the copied repository read-only", async () => {
    const answer = await fetch(`${live.host.target.url}/_snapshot/moved-movies`);
    expect(await answer.json()).toMatchObject({ "moved-movies": { settings: { readonly: "true" } } });
  });
});

describe("a manually registered repository", () => {
  it("is verified by the cluster's nodes, and is listed as configured", async () => {
    const registered = await live.operator.post<{ state: string; nodes: number }>("/repositories/movies-aws");
    expect(registered).toMatchObject({ status: 200, body: { state: "same", nodes: 1 } });
    const { data } = await live.viewer.get<{ data: { name: string; readonly: boolean; state: string }[] }>("/repositories");
    expect(data).toMatchObject([
      { name: "movies-aws", readonly: false, state: "same" },
      { name: "moved-movies", readonly: true, state: "same" },
    ]);
  });
});

describe("duplicate, late and lost deliveries", () => {
  it("changes nothing when every event and timer is delivered a second time", async () => {
    await live.settle();
    const before = await picture();
    const nights = (await live.jobs("backup"))
      .filter(({ id }) => /^backup-nightly-\d{8}t/.test(id))
      .map(({ id }) => id.slice("backup-nightly-".length));
    for (const slot of nights) await live.host.fire("createSnapshots", slotDate(slot), "nightly");
    const prunes = (await live.jobs("prune"))
      .filter(({ id }) => /^prune-nightly-\d{8}t/.test(id))
      .map(({ id }) => id.slice("prune-nightly-".length));
    for (const slot of prunes) await live.host.fire("pruneSnapshots", slotDate(slot), "nightly");
    const root = (await rootKeys())[0] as string;
    await live.host.functions.invokeAsync("ossnap-on-copied-blob", ossEvent("moved", root));
    await live.host.functions.idle();
    await live.host.tick();
    expect(await picture()).toEqual(before);
  });

  it("recovers from a lost event", async () => {
    live.host.oss.faults.add({ kind: "lostEvent", match: { bucket: "moved" }, times: 3 });
    const before = (await live.jobs("restore")).length;
    await live.night(nextNight());
    await live.until("the restore", async () => ((await live.jobs("restore")).filter(isFinal).length > before ? true : undefined));
    expect(live.host.oss.faults.fired().find(({ kind }) => kind === "lostEvent")?.fired).toBeGreaterThan(0);
    live.host.oss.faults.clear();
    expect((await live.jobs("restore"))[0]).toMatchObject({ state: "done" });
  });

  it("restores once when the event is delivered twice", async () => {
    live.host.oss.faults.add({ kind: "doubleEvent", match: { bucket: "moved" } });
    const before = (await live.jobs("restore")).length;
    await live.night(nextNight());
    await live.until("the restore", async () => ((await live.jobs("restore")).filter(isFinal).length > before ? true : undefined));
    await live.host.functions.idle();
    await live.settle();
    expect(live.host.oss.faults.fired()[0]?.fired).toBeGreaterThan(0);
    live.host.oss.faults.clear();
    expect((await live.jobs("restore")).length).toBe(before + 1);
  });

  it("runs no backup when the timer of an unscheduled slot is lost", async () => {
    const backups = (await live.jobs("backup")).length;
    live.host.functions.faults.lose("ossnap-create-snapshots", 1);
    await live.host.fire("createSnapshots", nextNight(), "nightly");
    await live.host.functions.idle();
    // The slot is not part of the schedule, so it does not count as missed; dueSlots and its tests cover missed slots.
    expect((await live.jobs("backup")).length).toBe(backups);
    expect(live.host.functions.counters("ossnap-create-snapshots").lost).toBe(1);
  });
});

describe("invalid input and failures", () => {
  it("restores an index with an allocation filter, which would hang 5.5 indefinitely", async () => {
    await put(live.host.source.url, "/movies/_settings", { "index.routing.allocation.require.box_type": "hot" });
    const before = (await live.jobs("restore")).length;
    await live.night(nextNight());
    const restore = await live.until("the restore", async () =>
      (await live.jobs("restore")).filter(isFinal).length > before ? (await live.jobs("restore"))[0] : undefined,
    );
    expect(restore).toMatchObject({ state: "done" });
    const index = (restore.result as { indices: { as: string }[] }).indices[0]?.as ?? "";
    const settings = JSON.stringify(await (await fetch(`${live.host.target.url}/${index}/_settings`)).json());
    expect(settings).not.toContain("box_type");
    expect(settings).toContain("ossnap_job");
    await put(live.host.source.url, "/movies/_settings", { "index.routing.allocation.require.box_type": null });
  });

  it("refuses a restore onto an open index, and names it", async () => {
    const done = (await live.jobs("restore")).find(({ state }) => state === "done") as JobRow;
    const { snapshot } = done.result as { snapshot: string };
    const request = { snapshot, repository: "moved-movies", to: "target", indices: ["movies"], alias: "movies", start: true };
    const refused = await live.operator.post<{ code: string; refusals: { reason: { code: string } }[] }>("/restores", request, {
      "idempotency-key": "another-wish",
    });
    expect(refused.status).toBe(422);
    expect(refused.body.refusals.map(({ reason }) => reason.code)).toContain("name.serves");
  });

  it("names an index that a restore requests but the snapshot does not hold", async () => {
    const done = (await live.jobs("restore")).find(({ state }) => state === "done") as JobRow;
    const { snapshot } = done.result as { snapshot: string };
    const answer = await live.operator.post<{ refused: boolean; checks: unknown[] }>("/restores", {
      snapshot,
      repository: "moved-movies",
      to: "target",
      indices: ["books"],
    });
    expect(answer.body.refused).toBe(true);
    expect(JSON.stringify(answer.body.checks)).toContain('"index":"books"');
  });

  it("reports a truncated source blob, starts no restore, and continues once it is whole again", async () => {
    await writeMovies(live.host.source.url, live.host.source.version, [{ id: 6, title: "Ran", year: 1985 }]);
    // The destination cannot be listed for a while, so that the copy reads the source only after its blob was truncated.
    live.host.oss.faults.add({ kind: "status", match: { bucket: "moved", operation: "ListObjectsV2" }, params: { status: 503 } });
    const restores = (await live.jobs("restore")).length;
    const known = new Set(await filesBelow(live.host.plan.directories.sourceRepository));
    expect(await live.night(nextNight())).toMatchObject({ state: "done" });
    const path = (await filesBelow(live.host.plan.directories.sourceRepository))
      .filter((file) => !known.has(file) && file.includes("/__"))
      .sort()[0] as string;
    const whole = await readFile(path);
    await truncate(path, whole.byteLength - 1);
    expect(live.host.oss.faults.fired()[0]?.fired).toBeGreaterThan(0);
    live.host.oss.faults.clear();

    const copy = await live.until("the copy", async () => (await live.jobs("copy")).find(({ state }) => state === "failed"));
    const key = relative(live.host.plan.directories.sourceRepository, path);
    expect(copy.reason).toMatchObject({
      code: "copy.cut",
      params: { key, expectedBytes: whole.byteLength, foundBytes: whole.byteLength - 1 },
    });
    expect((await live.jobs("restore")).length).toBe(restores);

    await writeFile(path, whole);
    await live.night(nextNight());
    await live.settle();
    expect((await live.jobs("restore"))[0]).toMatchObject({ state: "done" });
    expect((await live.jobs("restore")).length).toBe(restores + 1);
  });

  it("waits while a foreign snapshot is running and takes its own after it", async () => {
    const { url } = live.host.source;
    await put(url, "/_snapshot/slow", {
      type: "fs",
      settings: { location: join(live.host.plan.directories.sourceRepository, "slow"), max_snapshot_bytes_per_sec: "2kb" },
    });
    await put(url, "/_snapshot/slow/by-somebody-else", { indices: "movies" });
    await live.host.fire("createSnapshots", nextNight(), "nightly");
    await live.host.functions.idle();
    const open = (await live.operator.get<{ data: JobRow[] }>("/jobs?open=true&kind=backup")).data[0] as JobRow;
    const tick = (await live.host.tick()) as { advanced: { job: string; reason: { code: string } }[] };
    expect(tick.advanced.find(({ job }) => job === open.id)?.reason.code).toBe("cluster.snapshotRuns");
    await live.until("the backup", async () => (await live.jobs("backup")).find(({ id, state }) => id === open.id && state === "done"));
    await live.settle();
  });

  it("fails a backup whose repository name is registered with other settings, and names them", async () => {
    const { url } = live.host.source;
    const registered = (await (await fetch(`${url}/_snapshot/movies-aws`)).json()) as Record<
      string,
      { type: string; settings: Record<string, string> }
    >;
    await put(url, "/_snapshot/movies-aws", {
      type: "fs",
      settings: { location: join(live.host.plan.directories.sourceRepository, "slow") },
    });
    const backup = await live.night(nextNight());
    expect(backup).toMatchObject({ state: "failed", reason: { code: "repository.taken" } });
    expect(JSON.stringify(backup.reason.params)).toContain("location");
    await put(url, "/_snapshot/movies-aws", registered["movies-aws"]);
    expect(live.host.board.notices.find(({ key, status }) => key === "backup-failed:nightly" && status === "firing")).toBeDefined();
    expect(await live.night(nextNight())).toMatchObject({ state: "done" });
    expect(live.host.board.notices.find(({ key, status }) => key === "backup-failed:nightly" && status === "resolved")).toBeDefined();
    await live.settle();
  });

  it("ignores events for keys outside every watch, and rejects malformed ones by name", async () => {
    const foreign = await live.host.functions.invoke("ossnap-on-copied-blob", ossEvent("moved", "elsewhere/index-9"));
    expect(foreign.ok && foreign.value.toString()).toContain("event.foreign");
    const malformed = await live.host.functions.invoke("ossnap-on-copied-blob", { events: [{ eventName: "ObjectCreated:PutObject" }] });
    expect(malformed).toMatchObject({ ok: false, errorMessage: expect.stringContaining("events[0].oss") as string });
  });

  it("answers 400 without a signature, 401 without a token, 403 to a writing viewer, 413 to a body that is too large", async () => {
    const unsigned = await fetch(`${live.host.httpUrl}/jobs`);
    expect([unsigned.status, await unsigned.json()]).toMatchObject([400, { ErrorCode: "MissingRequiredHeader" }]);
    const url = new URL("/jobs", live.host.httpUrl);
    expect((await fetch(url, { headers: triggerHeaders("GET", url, live.host.plan.oss, new Date()) })).status).toBe(401);
    expect((await live.viewer.post("/backups/nightly")).status).toBe(403);
    expect((await live.viewer.post("/prunes/nightly", {})).status).toBe(200);
    expect((await live.operator.post("/prunes/nightly", { apply: "x".repeat(300_000) })).status).toBe(413);
  });

  it("answers ossnap --at local, through the signed trigger, as the same verbs that work here", async () => {
    const { base } = await openPlaces();
    for (const words of [["repositories"], ["snapshots"], ["jobs", "--limit", "3"], ["prune", "nightly"]]) {
      const said = async (at: readonly string[]) => {
        const { exitCode, stdout } = await runCli([...at, ...words, "--json"], { env: { OSSNAP_LOCAL_DIR: base } });
        const { data, warnings } = JSON.parse(stdout);
        return { exitCode, data, warnings };
      };
      expect(await said(["--at", "local"]), words.join(" ")).toEqual(await said([]));
    }
  });

  it("holds effects back while paused, and continues when resumed", async () => {
    await live.operator.post("/pause");
    await live.host.fire("createSnapshots", nextNight(), "nightly");
    await live.host.functions.idle();
    const tick = (await live.host.tick()) as { advanced: { job: string; reason: { code: string } }[] };
    expect(tick.advanced.find(({ job }) => job.startsWith("backup"))?.reason.code).toBe("job.paused");
    await live.operator.post("/resume");
    await live.settle();
    expect((await live.jobs("backup"))[0]).toMatchObject({ state: "done" });
  });

  it("names the port that is in use when a second host is started", async () => {
    const again = startLocalHost({ environment: { ...process.env, OSSNAP_PORT_BASE: "19250" } });
    await expect(again).rejects.toMatchObject({ code: "conflict", message: expect.stringMatching(/port 19252 .*in use/) as string });
  });

  it("keeps its secrets out of every state object", async () => {
    const secrets = [
      live.host.plan.oss.accessKeySecret,
      live.host.plan.s3.secretAccessKey,
      live.host.plan.tokens.operator,
      live.host.plan.environment.WEBHOOK_SECRET as string,
    ];
    const root = join(live.host.plan.directories.ossRoot, "ossnap-state");
    for (const path of await filesBelow(root)) {
      const text = await readFile(path, "utf8");
      for (const secret of secrets) expect(text.includes(secret), relative(root, path)).toBe(false);
    }
  });
});

describe("a copy by another tool", () => {
  it("waits for the one missing blob, and restores when it arrives", async () => {
    const { url } = live.host.source;
    await writeMovies(url, live.host.source.version, [{ id: 7, title: "Tampopo", year: 1985 }]);
    const made = await put(url, "/_snapshot/movies-aws/brought-by-another?wait_for_completion=true", { indices: "movies" });
    expect(made).toMatchObject({ snapshot: { state: "SUCCESS" } });
    const before = (await live.jobs("restore")).length;
    const { keys, held } = await newBlobs();
    for (const key of keys.filter((candidate) => candidate !== held)) await live.bucket.put(`movies/${key}`, await sourceFile(key));
    await live.host.functions.idle();
    for (let tick = 0; tick < 5; tick += 1) await live.host.tick();
    expect((await live.jobs("restore")).length).toBe(before);
    const arrival = (await live.jobs("arrival")).find(({ about }) => about.includes("brought-by-another")) as JobRow;
    expect(arrival.reason).toMatchObject({ code: "arrival.incomplete", params: { missing: 1, first: held } });

    await live.bucket.put(`movies/${held}`, (await sourceFile(held)).subarray(0, 10));
    await live.host.tick();
    expect((await live.jobs("restore")).length).toBe(before);

    await live.bucket.put(`movies/${held}`, await sourceFile(held));
    const restore = await live.until("the restore", async () =>
      (await live.jobs("restore")).find((row) => isFinal(row) && (row.result as { snapshot?: string }).snapshot === "brought-by-another"),
    );
    expect(restore).toMatchObject({ state: "done" });
  });

  it("is not overwritten by our copy, which refuses to publish over a foreign root", async () => {
    const roots = await rootKeys();
    const backup = await live.night(nextNight());
    expect(backup.state).toBe("done");
    const copy = await live.until("the copy", async () =>
      (await live.jobs("copy")).find(({ state, reason }) => state === "failed" && reason.code === "copy.foreignRoot"),
    );
    expect(copy.about).toContain("aws-to-oss");
    expect(await rootKeys()).toEqual(roots);
  });
});

describe("a lost state", () => {
  it("is adopted from what buckets and clusters still know, after which nothing is repeated", async () => {
    // A manual snapshot would be copied only within ten minutes; the copy is requested here, so that nothing is pending.
    await live.operator.post("/copies/aws-to-oss");
    await live.settle();
    const { jobs: _jobs, ...before } = await picture();
    // A backup by hand is of no slot.
    const timed = (await live.jobs("backup")).flatMap(({ id }) => /^backup-nightly-(\d{8}t\d{6}z)$/.exec(id)?.[1] ?? []);
    const taken = (await snapshotsAtSource()).flatMap(({ snapshot }) => /^nightly-(\d{8}t\d{6}z)-/.exec(snapshot)?.[1] ?? []);
    const nights = taken.filter((slot) => timed.includes(slot));
    const listed = (await live.stateBucket.listV2({ prefix: "prod/", "max-keys": "1000" }, {})).objects ?? [];
    await live.stateBucket.deleteMulti(listed.map(({ name }) => name));
    expect(await live.operator.post("/adopt", {})).toMatchObject({ status: 503, body: { reason: { code: "state.absent" } } });
    const identity = { schema: 1, product: "ossnap", id: "begun-anew", createdAt: new Date().toISOString() };
    await live.stateBucket.put("prod/state.json", Buffer.from(JSON.stringify(identity)));

    const { body } = await live.operator.post<Adoption>("/adopt", { apply: true });
    const said = (subject: string) => body.findings.filter((finding) => finding.subject === subject).map(({ reason }) => reason.code);
    expect([said("backups.nightly")[0], said("watches.moved-movies")[0]]).toEqual(["adopt.slots", "adopt.position"]);
    expect([nights.length > 3, body.missing > nights.length, body.written]).toEqual([true, true, body.missing]);

    for (const slot of nights) await live.host.fire("createSnapshots", slotDate(slot), "nightly");
    for (let tick = 0; tick < 3; tick += 1) await live.host.tick();
    await live.settle();
    const { jobs: _after, ...after } = await picture();
    expect(after).toEqual(before);
  });
});

describe("an unavailable cluster", () => {
  it("is reported as such, and no job is lost", async () => {
    await live.host.source.stop();
    const answer = await live.operator.post<{ code: string; detail: string }>("/prunes/nightly", {});
    expect(answer).toMatchObject({ status: 503, body: { code: "transient" } });
    expect(answer.body.detail).toContain("source");
    await live.host.fire("createSnapshots", nextNight(), "nightly");
    await live.host.functions.idle();
    const tick = (await live.host.tick()) as { advanced: { job: string; outcome: string; reason: { code: string } }[] };
    expect(tick.advanced.find(({ job }) => job.startsWith("backup"))).toMatchObject({
      outcome: "waiting",
      reason: { code: "gather.failed" },
    });
  });
});

function slotDate(slot: string): Date {
  return new Date(slot.replace(/^(\d{4})(\d{2})(\d{2})t(\d{2})(\d{2})(\d{2})z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** The externally visible state: snapshots, indices, alias, blobs, finished jobs. */
async function picture() {
  const text = async (url: string) => (await fetch(url)).text();
  const listed = (await live.bucket.listV2({ prefix: "movies/", "max-keys": "1000" }, {})).objects ?? [];
  return {
    snapshots: (await snapshotsAtSource()).map(({ uuid }) => uuid).sort(),
    indices: (await text(`${live.host.target.url}/_cat/indices?h=index,uuid,docs.count`)).split("\n").sort(),
    alias: await text(`${live.host.target.url}/_cat/aliases?h=alias,index`),
    blobs: listed.map(({ name, size }) => `${name} ${size}`),
    jobs: (await live.operator.get<{ data: JobRow[] }>("/jobs")).data
      .filter(isFinal)
      .map(({ id }) => id)
      .sort(),
  };
}

async function snapshotsAtSource(): Promise<{ snapshot: string; uuid: string }[]> {
  const answer = await fetch(`${live.host.source.url}/_snapshot/movies-aws/_all`);
  return ((await answer.json()) as { snapshots: { snapshot: string; uuid: string }[] }).snapshots;
}

async function rootKeys(): Promise<string[]> {
  const listed = (await live.bucket.listV2({ prefix: "movies/index-", "max-keys": "100" }, {})).objects ?? [];
  return listed.map(({ name }) => name);
}

async function put(url: string, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url + path, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

function ossEvent(bucket: string, key: string): object {
  return {
    events: [
      {
        eventName: "ObjectCreated:PutObject",
        eventSource: "acs:oss",
        oss: { bucket: { name: bucket }, object: { key, size: 1, eTag: "0" } },
      },
    ],
  };
}

const sourceFile = (key: string) => readFile(join(live.host.plan.directories.sourceRepository, key));

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** What the source has and the target lacks, in an unfavourable order with the root first; and one data blob among it. */
async function newBlobs(): Promise<{ keys: string[]; held: string }> {
  const root = live.host.plan.directories.sourceRepository;
  const all = (await filesBelow(root))
    .map((path) => relative(root, path))
    .filter((key) => !key.startsWith("slow/") && !/^(tests|pending)-/.test(key));
  const there = new Map(
    ((await live.bucket.listV2({ prefix: "movies/", "max-keys": "1000" }, {})).objects ?? []).map(({ name, size }) => [
      name.slice("movies/".length),
      size,
    ]),
  );
  const roots = all.filter((key) => /^index-\d+$/.test(key)).sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)));
  const fresh: string[] = [];
  for (const key of all.filter((candidate) => !candidate.startsWith("index")))
    if (there.get(key) !== (await sourceFile(key)).byteLength) fresh.push(key);
  const snapshot = JSON.parse((await sourceFile(roots[0] as string)).toString()) as { snapshots: { name: string; uuid: string }[] };
  const uuid = snapshot.snapshots.find(({ name }) => name === "brought-by-another")?.uuid ?? "";
  const held = fresh
    .filter((key) => key.includes("/__"))
    .sort()
    .at(-1) as string;
  if (!fresh.some((key) => key.includes(uuid))) throw new Error("the new snapshot's own blob is not among the new ones");
  return { keys: [roots[0] as string, ...fresh], held };
}
