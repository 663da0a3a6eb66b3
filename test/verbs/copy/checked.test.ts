import { describe, expect, it } from "vitest";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { say } from "../../../shared/words/say.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { freshCopyWorld, runCopy, world } from "../../world/copying.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

async function keys(pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of world.blobs(MOVED).list("")) if (pattern.test(key)) found.push(key);
  return found.sort();
}

/** Flips a bit in the middle, where no size and no footer shows it. */
async function flip(key: string): Promise<void> {
  const bytes = Buffer.from((await world.blobs(MOVED).get(key)) as Uint8Array);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  await world.blobs(MOVED).put(key, bytes);
}

async function runChecked(rounds = 12) {
  const created = await askCopy(await world.open(), "move", OPS, { check: true });
  const id = created.outcome === "done" ? created.done.id : created.job.id;
  const reasons = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    await tick(world);
    await world.runTasks();
    world.advance(MINUTE_MS);
    const open = await (await world.open()).log.read(id);
    if (open) reasons.add(open.head.reason.code);
  }
  return { id, reasons, done: await (await world.open()).log.done(id) };
}

async function verdicts(): Promise<string[]> {
  const store = world.blobs(MOVED);
  const { root } = await openRepository(store);
  const proofs = (root?.snapshots ?? []).map(({ uuid }) => proveSnapshot(store, { uuid, level: "contents" }));
  return [...new Set((await Promise.all(proofs)).map(({ verdict }) => verdict))];
}

describe.each([
  ["5.5.3", "es-5.5.3-reused-names/step2"],
  ["5.5.3, in parts", "es-5.5.3-reused-parts/step2-after"],
  ["7.10.2", "es-7.10.2/repo"],
])("a copy of a repository of %s that reads everything first", (_version, fixture) => {
  const { blobs } = fixtureRepository(fixture);
  freshCopyWorld({ blobs });
  const isEqual = async (key: string) => Buffer.from((await world.blobs(MOVED).get(key)) ?? []).equals(blobs.get(key) as Uint8Array);

  it("copies again what is damaged in equal size, cut or gone, of any kind", async () => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const data = await keys(/\/__[^/]+$/);
    const lists = await keys(/^indices\/.*\/\d+\/snap-.*\.dat$/);
    const [index = ""] = await keys(/^indices\/[^/]+\/meta-/);
    const [first = "", second = "", third = ""] = data;
    for (const key of [first, lists[0] ?? "", index]) await flip(key);
    await world.blobs(MOVED).put(second, Buffer.alloc(3));
    await world.blobs(MOVED).delete([third]);
    const { done, reasons } = await runChecked();
    expect(done?.reason.code).toBe("copy.done");
    expect([...reasons].filter((code) => code.startsWith("copy.check")).length).toBeGreaterThan(0);
    for (const key of [first, second, third, lists[0] ?? "", index]) expect([key, await isEqual(key)]).toEqual([key, true]);
    expect(await verdicts()).toEqual(["whole"]);
  });

  it("writes nothing where everything is as recorded, and says how much it read", async () => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const before = new Map<string, string | undefined>();
    for await (const { key, lastModified } of world.blobs(MOVED).list("")) before.set(key, lastModified?.toISOString());
    const { done } = await runChecked();
    expect(done?.reason).toMatchObject({ code: "copy.checkedWhole", params: { different: 0 } });
    expect(Number(done?.reason.params.bytes)).toBeGreaterThan(0);
    expect(say(done?.reason ?? { code: "", params: {} })).toMatch(/^nothing to copy: \d+ blobs, .* were read at the destination/);
    for await (const { key, lastModified } of world.blobs(MOVED).list("")) expect(before.get(key)).toBe(lastModified?.toISOString());
  });
});

describe("a copy that reads everything first, into an empty destination", () => {
  freshCopyWorld();

  it("is a copy", async () => {
    expect((await runChecked()).done?.reason.code).toBe("copy.done");
    expect(await verdicts()).toEqual(["whole"]);
  });

  it("is another job than the copy of the same root", async () => {
    const plain = await askCopy(await world.open(), "move", OPS);
    const checked = await askCopy(await world.open(), "move", OPS, { check: true });
    expect("job" in plain && "job" in checked && plain.job.id !== checked.job.id).toBe(true);
  });
});
