import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import type { ProofLevel } from "../../shared/model/repository.ts";
import { parseVerifyKey, verifyKey } from "../../shared/notices/noticeKeys.ts";
import { raiseNotice } from "../../shared/notices/notices.ts";
import { listWithLost } from "../../shared/verbs/snapshots/gather.ts";
import { askVerification } from "../../shared/verbs/verification/ask.ts";
import { freshWorld, LATE_BLOB, STEP2, serveFirst, settle, tick, world } from "../world/moved.ts";
import { fire, snapshots, tick as tickOf, withMovies } from "../world/nightly.ts";
import { MOVED, type TestWorld } from "../world/world.ts";

freshWorld();

async function failed(of: TestWorld, ...subjects: string[]): Promise<void> {
  for (const subject of subjects)
    await raiseNotice(await of.open(), {
      key: `verify-failed:${subject}`,
      code: "verify.failed",
      severity: "bad",
      reason: reason("snapshot.notListed", { snapshot: "x", root: "index-0" }),
    });
}

const open = async (of: TestWorld) =>
  (await of.stateKeys("live/notices/verify-failed")).map((key) =>
    decodeURIComponent(key.slice("live/notices/verify-failed:".length + 2, -"/000001.json".length)),
  );

async function verify(snapshot: string, level: ProofLevel): Promise<void> {
  const request = { repository: "moved-movies", snapshot, level };
  await askVerification(await world.open(), request, { by: "person", who: "ops" }, { key: `${snapshot}-${level}` });
  await settle();
}

describe("the key of a notice about a failed verification", () => {
  it.each([
    { repository: "rh", snapshot: "v1", level: "footers" as const },
    { repository: "rh", snapshot: "with/slash", level: "names" as const },
  ])("is read as it was written: %j", (parts) => {
    expect(parseVerifyKey(verifyKey(parts))).toMatchObject(parts);
  });
});

describe("a notice about a failed verification", () => {
  it("is resolved when its snapshot is no longer listed", async () => {
    await failed(world, "moved-movies/gone/footers", "moved-movies/snap-1/footers", "moved/gone/names", "moved-movies/latest/names");
    await serveFirst();
    expect(await open(world)).toEqual(["moved-movies/latest/names", "moved-movies/snap-1/footers"]);
  });

  it("is resolved when a policy's cluster no longer lists its snapshot", async () => {
    const made = await withMovies();
    await fire(made);
    made.source.finishSnapshots();
    await tickOf(made);
    const snapshot = (await snapshots(made))[0]?.name ?? "";
    await failed(made, "backups/gone/footers", `backups/${snapshot}/footers`);
    await listWithLost(await made.open(), "backups");
    expect(await open(made)).toEqual([`backups/${snapshot}/footers`]);
  });

  it("is resolved by a whole verification of everything at its level or a deeper one", async () => {
    await serveFirst();
    await failed(world, "moved-movies/snap-1/footers", "moved-movies/latest/metadata", "moved-movies/snap-1/contents", "other/all/names");
    await verify("all", "metadata");
    expect(await open(world)).not.toContain("moved-movies/latest/metadata");
    expect(await open(world)).toContain("moved-movies/snap-1/footers");
    await verify("all", "footers");
    expect(await open(world)).not.toContain("moved-movies/snap-1/footers");
    expect(await open(world)).toContain("moved-movies/snap-1/contents");
  });

  it("is resolved if another one is broken and this one is whole", async () => {
    await serveFirst();
    await world.fill(MOVED, STEP2.blobs, [LATE_BLOB]);
    await failed(world, "moved-movies/snap-1/footers", "moved-movies/snap-2/footers");
    await verify("all", "footers");
    expect(await open(world)).toEqual(["moved-movies/all/footers", "moved-movies/snap-2/footers"]);
  });

  it("is resolved when its repository left ossnap.yaml, and not while a watch reads it", async () => {
    await failed(world, "rh/v1/footers", "moved-movies/all/footers", "backups/all/footers", "moved/all/footers");
    await tick();
    expect((await open(world)).sort()).toEqual(["backups/all/footers", "moved-movies/all/footers", "moved/all/footers"]);
  });
});
