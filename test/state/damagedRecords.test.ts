import { describe, expect, it } from "vitest";
import { status } from "../../infra/cli/verbs/status.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { previewBackup } from "../../shared/verbs/backup/preview.ts";
import { listJobsAndUnread, showJob } from "../../shared/verbs/jobs/show.ts";
import { listPins } from "../../shared/verbs/pins/apply.ts";
import { dryPrune } from "../../shared/verbs/prune/ask.ts";
import { listRepositories } from "../../shared/verbs/repositories/show.ts";
import { showStatus } from "../../shared/verbs/status/show.ts";
import { say } from "../../shared/words/say.ts";
import { nights, oldestOf } from "../golden/stages.ts";
import { done, fire, ID, tick, withMovies } from "../world/nightly.ts";
import type { TestWorld } from "../world/world.ts";

const DAMAGED = ["{", "", "null", "7", "[]", '"x"'];
const put = (world: TestWorld, key: string, text: string) => world.state.put(key, Buffer.from(text));

async function shown(world: TestWorld) {
  return showStatus(await world.open(), await listJobsAndUnread(await world.open(), { open: true }));
}

async function statusText(world: TestWorld): Promise<string> {
  const answer = await status({ world: () => world.open() } as Parameters<typeof status>[0]);
  return answer.text({ colour: false, unicode: true, now: world.now(), program: "ossnap" });
}

const HINTS = [stateKey.taken("nightly"), stateKey.writers("backups"), stateKey.fingerprint("source", "backups")];

describe("a damaged record that only helps", () => {
  it.each(HINTS.flatMap((key) => [...DAMAGED, "{}"].map((text) => [key, text] as const)))(
    "%s = %j stops no backup and no answer, and is named by status",
    async (key, text) => {
      const world = await withMovies();
      await tick(world);
      await put(world, key, text);
      const { damaged } = await shown(world);
      expect(damaged?.map(say)).toEqual([expect.stringContaining(key)]);
      expect(await statusText(world)).toContain(key);
      const preview = await previewBackup(await world.open(), "nightly", { who: "ops" });
      expect(preview.refusal).toBeUndefined();
      if (key !== stateKey.writers("backups")) expect(preview.remarks.map(({ code }) => code)).toContain("state.recordDamaged");
      await listRepositories(await world.open());
      await fire(world);
      world.source.finishSnapshots();
      await tick(world);
      expect(await done(world)).toMatchObject({ state: "done" });
      expect(world.lines.some((line) => JSON.stringify(line).includes(key) && JSON.stringify(line).includes("damaged"))).toBe(true);
    },
  );

  it("is replaced by the next success", async () => {
    const world = await withMovies();
    await put(world, stateKey.taken("nightly"), "7");
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    const { policies, damaged } = await shown(world);
    expect([policies[0]?.newest?.snapshot, damaged]).toEqual([expect.stringContaining("nightly-"), undefined]);
  });

  it.each([...DAMAGED, '{"uuid":null}'])("index states = %j are read anew", async (text) => {
    const world = await nights(4);
    const { keep, remove } = await dryPrune(await world.open(), "nightly");
    for await (const { key } of world.state.list("index-states/")) await put(world, key, text);
    expect(await dryPrune(await world.open(), "nightly")).toMatchObject({ keep, remove });
  });

  it.each([...DAMAGED.filter((text) => text !== "[]"), "[null]", '[{"at":1}]'])(
    "a history = %j is shown as such beside the job's end",
    async (text) => {
      const world = await withMovies();
      await fire(world);
      world.source.finishSnapshots();
      await tick(world);
      await put(world, stateKey.history(ID), text);
      const { history } = await showJob(await world.open(), ID);
      expect(history.map(({ reason }) => reason.code)).toEqual(["job.recordUnreadable"]);
    },
  );
});

describe("a damaged pin", () => {
  it.each([...DAMAGED, '{"until":7}', '{"because":null}'])("= %j protects its snapshot, and is told", async (text) => {
    const world = await nights(4);
    const oldest = await oldestOf(world);
    const uuid = (await world.source.listSnapshots("backups")).find(({ name }) => name === oldest)?.uuid ?? "";
    await put(world, stateKey.pin("backups", uuid), text);
    const { keep, remove } = await dryPrune(await world.open(), "nightly");
    expect(remove.map(({ name }) => name)).not.toContain(oldest);
    const why = keep.find(({ name }) => name === oldest)?.reasons.find(({ code }) => code === "keep.pinDamaged");
    expect(why && say(why)).toContain(stateKey.pin("backups", uuid));
    expect(await listPins(await world.open())).toMatchObject([{ name: uuid, expired: false, damaged: { code: "keep.pinDamaged" } }]);
  });
});

describe("a damaged record that a plan was applied by hand", () => {
  it.each([...DAMAGED, "{}"])("= %j lets no timer delete", async (text) => {
    const world = await nights(4);
    const { fingerprint } = await dryPrune(await world.open(), "nightly");
    await put(world, stateKey.applied("nightly", fingerprint), text);
    expect((await dryPrune(await world.open(), "nightly")).timer).toMatchObject({ appliedBefore: false });
  });
});
