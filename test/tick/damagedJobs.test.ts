import { describe, expect, it } from "vitest";
import { stateKey } from "../../shared/state/keys.ts";
import { byTurn } from "../../shared/tick/advance.ts";
import { listJobs } from "../../shared/verbs/jobs/show.ts";
import { say } from "../../shared/words/say.ts";
import { everyKindOpen } from "../golden/everyKind.ts";
import { jobOf } from "../jobs/jobs.ts";
import { fire, ID, tick, withMovies } from "../world/nightly.ts";

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
    expect(say(row?.reason ?? { code: "", params: {} })).toMatch(/is not a function|not iterable/);
    await tick(world);
    expect((await world.stateKeys(`live/jobs/${ID}/`)).filter((one) => one > key)).toHaveLength(1);
  });
});
