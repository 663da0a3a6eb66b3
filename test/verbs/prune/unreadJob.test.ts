import { beforeEach, describe, expect, it } from "vitest";
import { stateKey } from "../../../shared/state/keys.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { showJob } from "../../../shared/verbs/jobs/show.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { applyDeletion, dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { say } from "../../../shared/words/say.ts";
import { OPS } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const ID = "restore-0123456789abcdef";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe.each(["5.5.3", "7.10.2"])("an open job that cannot be read, on %s", (sourceVersion) => {
  let world: TestWorld;
  let oldest: string;
  const names = async () => (await world.source.listSnapshots("backups")).map(({ name }) => name);
  const dry = async () => dryPrune(await world.open(), "nightly");
  const deletion = () => ({ repository: "backups", snapshot: oldest });

  /** An open restore of the oldest snapshot, with its only record changed. */
  async function restore(change: (record: Record<string, unknown>) => string, id = ID): Promise<void> {
    const [{ name, uuid } = { name: "", uuid: "" }] = await world.source.listSnapshots("backups");
    const patienceUntil = new Date(world.now().getTime() + DAY_MS).toISOString();
    const intent = { about: "restore", asked: OPS, cluster: "target", patienceUntil, input: { snapshot: { name, uuid } } };
    const record = { schema: 1, seq: 0, at: world.now().toISOString(), by: {}, intent, state: "asked", reason: { code: "x" }, data: {} };
    await world.state.put(stateKey.record(id, 0), bytesOf(change(record)));
  }
  const unread = () => restore(() => "{");

  beforeEach(async () => {
    const config = testConfig((made) => {
      made.watches = {};
      // No tick takes a snapshot of its own.
      if (made.backups.nightly) made.backups.nightly.schedule.missed = "skip";
    });
    world = await testWorld({ sourceVersion, config });
    world.source.putIndex("movies", { documents: 3 });
    for (let night = 0; night < 5; night += 1) {
      await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
      world.source.finishSnapshots();
      await advanceJobs(await world.open());
      world.advance(DAY_MS);
    }
    oldest = (await names())[0] ?? "";
    expect((await dry()).remove.map(({ name }) => name)).toContain(oldest);
  });

  it.each([
    ["was written by a newer version", ID, (record: object) => JSON.stringify({ ...record, schema: 99 })],
    ["is no JSON", ID, () => "{"],
    ["holds no job", ID, () => "{}"],
    ["has lost its input", ID, (record: object) => JSON.stringify({ ...record, intent: { about: "restore", asked: OPS } })],
    ["is of an unknown kind", "teleport-0123456789abcdef", (record: object) => JSON.stringify(record)],
  ])("may need any snapshot where its record %s: plans and deletions are refused with its name and the way out", async (_, id, change) => {
    await restore(change, id);
    const why = { code: "prune.jobUnread", params: { job: id, key: `live/jobs/${id}/` } };
    const { refusal } = await dry();
    expect(refusal).toMatchObject(why);
    expect(say(refusal as NonNullable<typeof refusal>)).toContain("version of ossnap that wrote it");
    const { refusal: other, hash } = await dryDeletion(await world.open(), deletion());
    expect(other).toMatchObject(why);
    await expect(applyDeletion(await world.open(), deletion(), hash, OPS)).rejects.toMatchObject({ code: "conflict", reason: why });
  });

  it("that has lost its input is shown with the object and what helps, and keeps no other job from its work", async () => {
    await restore((record) => JSON.stringify({ ...record, intent: { ...(record.intent as object), input: undefined } }));
    const key = stateKey.record(ID, 0);
    await expect(showJob(await world.open(), ID)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining(key) });
    const before = (await names()).length;
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    expect((await advanceJobs(await world.open())).failed).toEqual([]);
    expect((await names()).length).toBe(before + 1);
  });

  it("stops no plan or deletion once it is done", async () => {
    await unread();
    await world.state.put(stateKey.done("restore", ID), bytesOf("{}"));
    expect((await dry()).refusal).toBeUndefined();
  });

  it("lets an applied plan and a deletion wait, with the reason, and go on when it is gone", async () => {
    const all = await names();
    const { hash } = await dry();
    const single = await dryDeletion(await world.open(), { repository: "backups", snapshot: all[1] });
    const { job } = (await applyPrune(await world.open(), "nightly", hash, OPS)) as { job: { id: string } };
    await unread();
    for (let tick = 0; tick < 3; tick += 1) {
      await advanceJobs(await world.open());
      world.advance(MINUTE_MS);
    }
    expect(await names()).toEqual(all);
    expect((await (await world.open()).log.read(job.id))?.head.trouble).toMatchObject({ code: "prune.jobUnread" });
    await expect(applyDeletion(await world.open(), { repository: "backups", snapshot: all[1] }, single.hash, OPS)).rejects.toThrow();
    await world.state.delete([stateKey.record(ID, 0)]);
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    expect((await names()).length).toBeLessThan(all.length);
  });

  it("stops a run that is about to send its request", async () => {
    const all = await names();
    const { hash } = await dry();
    await applyPrune(await world.open(), "nightly", hash, OPS);
    const opened = await world.open();
    // Between the plan of this step and its request.
    const { append } = opened.log;
    opened.log.append = async (id, head, next) => {
      if (next.claim) await unread();
      return append.call(opened.log, id, head, next);
    };
    await advanceJobs(opened);
    expect(await names()).toEqual(all);
  });
});
