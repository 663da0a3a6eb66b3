import { describe, expect, it } from "vitest";
import { jobs } from "../../infra/cli/verbs/jobs.ts";
import { status } from "../../infra/cli/verbs/status.ts";
import type { JobIntent } from "../../shared/jobs/record.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { byTurn } from "../../shared/tick/advance.ts";
import { batchId } from "../../shared/verbs/copy/planning/batches.ts";
import type { CopyData } from "../../shared/verbs/copy/types.ts";
import { listJobs, listJobsAndUnread, showJob } from "../../shared/verbs/jobs/show.ts";
import { say } from "../../shared/words/say.ts";
import { everyKindOpen } from "../golden/everyKind.ts";
import { jobOf } from "../jobs/jobs.ts";
import { httpDoor } from "../runtime/http/door.ts";
import { done, fire, ID, tick, withMovies } from "../world/nightly.ts";
import { type TestWorld, testConfig } from "../world/world.ts";

describe("an open job whose record is damaged", () => {
  it.each([undefined, null])(
    "of an arrival without intent.input.snapshot (%s) is named, and all other jobs are moved",
    async (snapshot) => {
      const { world, ids } = await everyKindOpen();
      const key = stateKey.record(ids.arrival, 0);
      const record = JSON.parse(Buffer.from((await world.state.get(key)) ?? []).toString());
      await world.state.put(
        key,
        Buffer.from(JSON.stringify({ ...record, intent: { ...record.intent, input: { ...record.intent.input, snapshot } } })),
      );
      const { advanced } = await tick(world);
      const moved = advanced.map(({ job }) => job);
      expect(Object.values(ids).filter((id) => !moved.includes(id))).toEqual([ids.arrival]);
      expect(advanced.filter(({ outcome }) => outcome === "error")).toEqual([]);
      const said = world.lines.find((line) => JSON.stringify(line).includes("no valid intent.input.snapshot"));
      expect(JSON.stringify(said)).toContain(key);
    },
  );

  it("takes its turn, whatever its input is", () => {
    const [one, other] = [undefined, { snapshot: null }].map((input) => jobOf({ id: "arrival-a", state: "proving", input, data: {} }));
    if (!one || !other) throw new Error("two jobs are expected");
    expect([one, other].sort(byTurn)).toHaveLength(2);
  });

  it("of a shape that nobody foresaw shows the error as its own reason, until it is moved again", async () => {
    const world = await withMovies();
    await fire(world);
    world.source.finishSnapshots();
    const key = (await world.stateKeys(`live/jobs/${ID}/`)).at(-1) ?? "";
    const record = JSON.parse(Buffer.from((await world.state.get(key)) ?? []).toString());
    await world.state.put(key, Buffer.from(JSON.stringify({ ...record, data: { ...record.data, indices: 5 } })));
    const { advanced } = await tick(world);
    expect(advanced).toMatchObject([{ job: ID, outcome: "error" }]);
    const [row] = await listJobs(await world.open(), { open: true });
    expect(row?.reason.code).toBe("job.error");
    expect(say(row?.reason ?? { code: "", params: {} })).toMatch(
      new RegExp(
        `^state object ${key}: is damaged: it has no valid data.indices \\(.*; put the object back, or delete everything below live/jobs/`,
      ),
    );
    await tick(world);
    expect((await world.stateKeys(`live/jobs/${ID}/`)).filter((one) => one > key)).toHaveLength(1);
  });
});

const recordKeys = async (world: TestWorld) => world.stateKeys(`live/jobs/${ID}/`);

async function change(world: TestWorld, key: string, changed: (record: Record<string, unknown>) => unknown) {
  const record = JSON.parse(Buffer.from((await world.state.get(key)) ?? []).toString());
  const next = changed(record);
  await world.state.put(key, Buffer.from(typeof next === "string" ? next : JSON.stringify(next)));
}

const DAMAGES: [string, "first" | "head", (record: Record<string, unknown>) => unknown][] = [
  ["record 0 that is no JSON", "first", () => "{"],
  ["record 0 that is null", "first", () => null],
  ["record 0 without its intent", "first", ({ intent: _intent, ...rest }) => rest],
  ["a head that is no JSON", "head", () => "not JSON"],
  ["a head without its reason", "head", ({ reason: _reason, ...rest }) => rest],
  ["a head whose reason is a list", "head", (record) => ({ ...record, reason: [] })],
  ["a head whose reason has no code", "head", (record) => ({ ...record, reason: { code: 1, params: {} } })],
  ["a head whose reason has no parameters", "head", (record) => ({ ...record, reason: { code: "job.error", params: null } })],
  ["a head whose trouble is no reason", "head", (record) => ({ ...record, trouble: {} })],
  ["record 0 that was asked by nobody", "first", ({ intent, ...rest }) => ({ ...rest, intent: asked(intent, { by: {} }) })],
  ["record 0 that was asked for by no name", "first", ({ intent, ...rest }) => ({ ...rest, intent: asked(intent, { who: {} }) })],
];

const asked = (intent: unknown, how: object) => ({ ...(intent as JobIntent), asked: { ...(intent as JobIntent).asked, ...how } });

async function texts(world: TestWorld): Promise<string> {
  const session = { world: () => world.open() } as Parameters<typeof status>[0];
  const screen = { colour: false, unicode: true, now: world.now(), program: "ossnap" };
  return `${(await status(session)).text(screen)}\n${(await jobs(session, {} as Parameters<typeof jobs>[1])).text(screen)}`;
}

describe("a job that cannot be read", () => {
  it.each(DAMAGES)("for %s is told by jobs, jobs show, status, HTTP and a notice, until it can be read again", async (_, which, damage) => {
    const world = await withMovies();
    await fire(world);
    const keys = await recordKeys(world);
    const key = (which === "first" ? keys[0] : keys.at(-1)) ?? "";
    const whole = (await world.state.get(key)) as Uint8Array;
    await change(world, key, damage);

    const { rows, unread } = await listJobsAndUnread(await world.open(), { open: true });
    expect([rows.filter(({ id }) => id === ID), unread.map(({ id }) => id)]).toEqual([[], [ID]]);
    expect(say(unread[0]?.reason ?? { code: "", params: {} })).toMatch(/it is not moved, .*put the object back, or delete/);
    await expect(showJob(await world.open(), ID)).rejects.toMatchObject({ code: "conflict", reason: { code: "job.unreadable" } });

    const door = httpDoor(world);
    const listed = await door.ask("GET", "/jobs");
    expect([listed.status, listed.body.warnings[0].id]).toEqual([200, ID]);
    expect((await door.ask("GET", "/status")).body.unread).toMatchObject([{ id: ID }]);
    expect((await door.ask("GET", `/jobs/${ID}`)).status).toBe(409);
    expect(await texts(world)).toContain(key);

    await tick(world);
    expect(world.notices.map(({ key: fact, status: state }) => [fact, state])).toContainEqual([`job-unreadable:${ID}`, "firing"]);
    await world.state.put(key, whole);
    await tick(world);
    expect(world.notices.map(({ key: fact, status: state }) => [fact, state])).toContainEqual([`job-unreadable:${ID}`, "resolved"]);
  });

  it("does not let the first line of status say that all is well", async () => {
    const world = await withMovies({
      config: testConfig(({ backups: { nightly } }) => nightly && Object.assign(nightly, { indices: ["*"] })),
    });
    await fire(world);
    await change(world, (await recordKeys(world))[0] ?? "", () => "{");
    const answer = await status({ world: () => world.open() } as Parameters<typeof status>[0]);
    const text = answer.text({ colour: false, unicode: true, now: world.now(), program: "ossnap" });
    expect(text.split("\n")[0]).toMatch(/^! Nothing is late or reported, but see below: .*1 job that cannot be read/);
    expect(text).toContain(`job ${ID} cannot be read`);
  });
});

describe("a damaged record that nothing needs to go on", () => {
  it.each([
    ["without by", ({ by: _by, ...rest }: Record<string, unknown>) => rest, "unknown"],
    ["that is no JSON", () => "{", "unknown"],
  ])("%s hides no other record of the history, and the job ends", async (_, damage, by) => {
    const world = await withMovies();
    await fire(world);
    const keys = await recordKeys(world);
    expect(keys.length).toBeGreaterThan(2);
    await change(world, keys[1] ?? "", damage);
    const { status: code, body } = await httpDoor(world).ask("GET", `/jobs/${ID}`);
    expect([code, body.history.length, body.history[1].by]).toEqual([200, keys.length, by]);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
  });
});

const OTHER = "backup-nightly-20261120t013000z";

describe("a damaged final record", () => {
  const REASON = { code: "backup.done", params: {} };
  const DONE = { id: OTHER, kind: "backup", about: "nightly", state: "done", reason: REASON, asked: { by: "timer", who: "t" }, at: "2026" };
  const WRONG = [
    { reason: [] },
    { reason: { code: 1 } },
    { reason: { code: "a", params: null } },
    { asked: { by: {}, who: "t" } },
    { about: {} },
  ];

  it.each(["{", "null", "{}", ...WRONG.map((change) => JSON.stringify({ ...DONE, ...change }))])(
    "that is %s hides no other job, and is told with what helps",
    async (text) => {
      const world = await withMovies();
      await fire(world);
      world.source.finishSnapshots();
      await tick(world);
      const key = stateKey.done("backup", OTHER);
      await world.state.put(key, Buffer.from(text));
      const { rows, unread } = await listJobsAndUnread(await world.open());
      expect(rows.map(({ id }) => id)).toEqual([ID]);
      expect(unread).toMatchObject([{ id: OTHER, reason: { code: "job.unreadableDone" } }]);
      expect(await texts(world)).toContain(OTHER);
      const { status: code, body } = await httpDoor(world).ask("GET", `/jobs/${OTHER}`);
      expect([code, body.reason.code]).toEqual([409, "job.unreadableDone"]);
      expect(body.detail).toMatch(new RegExp(`^state object ${key}: cannot be read .*put it back from a copy`));
    },
  );

  it("is shown when it is whole", async () => {
    const world = await withMovies();
    await world.state.put(stateKey.done("backup", OTHER), Buffer.from(JSON.stringify(DONE)));
    expect((await httpDoor(world).ask("GET", `/jobs/${OTHER}`)).body).toMatchObject({ id: OTHER, state: "done" });
  });
});

describe("an object of the state that a job needs and that is damaged", () => {
  it.each(["{", "null", "7", "{}"])("(%s) is the job's reason at once, instead of the one before", async (text) => {
    const { world, ids } = await everyKindOpen();
    const job = await (await world.open()).log.read(ids.copy);
    const moving = (job?.head.data as CopyData | undefined)?.moving;
    for (const { number, attempt } of moving?.begun ?? [])
      await world.state.put(stateKey.batchDone(ids.copy, batchId(moving?.plan ?? "", number), attempt), Buffer.from(text));
    await tick(world);
    const { rows } = await listJobsAndUnread(await world.open());
    expect(say(rows.find(({ id }) => id === ids.copy)?.reason ?? { code: "", params: {} })).toContain(stateKey.work(ids.copy));
  });
});
