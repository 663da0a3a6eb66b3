import { beforeEach, describe, expect, it } from "vitest";
import { registerRepository } from "../../../shared/jobs/registration.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { previewBackup } from "../../../shared/verbs/backup/preview.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { applyDeletion, dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { writersPerhapsBeside } from "../../../shared/verbs/repositories/beside.ts";
import { gatherWriters } from "../../../shared/verbs/repositories/gatherWriters.ts";
import { listRepositories } from "../../../shared/verbs/repositories/show.ts";
import { created, done, fire, OPS, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type TestWorld } from "../../world/world.ts";

const PLACE = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
const OWN = "nightly-20261121t013000z-1-88f81";
let world: TestWorld;
let slm: { name: string; repository: string }[];

beforeEach(async () => {
  world = await withMovies({ sourceVersion: "7.17.9" });
  slm = [];
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    const cluster: typeof opened.cluster = (name) => ({ ...opened.cluster(name), slmPolicies: async () => slm });
    return { ...opened, cluster };
  };
});

const register = async (name: string, location: string, readonly = false) =>
  world.source.putRepository({ name, type: "fs", settings: { location, ...(readonly ? { readonly: true } : {}) } }, { verify: false });

async function root(generation: number, names: string[], clusterUuid?: string): Promise<void> {
  const snapshots = names.map((name) => ({ name, uuid: `uuid-${name}`, state: 1 }));
  const written = { snapshots, indices: {}, ...(clusterUuid === undefined ? {} : { cluster_id: clusterUuid }) };
  await world.blobs(PLACE).put(`index-${generation}`, Buffer.from(JSON.stringify(written)));
}

const look = async () => {
  const { uuid } = await world.source.info();
  return (await gatherWriters(await world.open(), { repository: "backups", cluster: "source", uuid }, { mayWait: true }))?.code;
};
/** Every read of the source's repositories is refused. */
function disable(message: string): void {
  world.source.getSnapshot = async () => Promise.reject(new AppError("refused", message));
}

const sent = () => world.notices.map(({ key, status, reason }) => [key.replace(":backups", ""), status, reason.params.names]);

describe("other writers in a repository that ossnap backs up to", () => {
  it("are other registrations of the same place or of one inside or around it, unless they are read-only", async () => {
    await register("backups", "/srv/backups");
    for (const [name, location] of Object.entries({ same: "/srv/backups/", in: "/srv/backups/x", around: "/srv", beside: "/srv/backups2" }))
      await register(name, location);
    await register("read", "/srv/backups", true);
    await look();
    expect(sent()).toEqual([["writers-registered", "firing", ["around", "in", "same"]]]);
    await look();
    world.advance(HOUR_MS);
    await look();
    expect(world.notices).toHaveLength(1);
  });

  it("may be registrations whose location is relative, unless they are read-only", async () => {
    await register("same", "backups");
    await register("other", "backups2");
    await register("read", "backups", true);
    await look();
    expect(sent()).toEqual([["writers-may-be-registered", "firing", ["same"]]]);
  });

  it.each([
    ["/srv/es/backups", ["backups", "es/backups/", "backups/x", "es"], ["backups2", "ups", "x/backups2", ".", "/srv/es/backups"]],
    ["backups", ["/srv/es/backups", "/srv/backups/x", "D:/backups"], ["/srv/es/backups2", "/srv", "backups"]],
  ])("may be in the place of %s: %j, and not %j", async (location, perhaps, others) => {
    const of = (one: string) => ({ name: one, type: "fs", settings: { location: one } });
    const all = [...perhaps, ...others].map(of);
    expect(writersPerhapsBeside("own", of(location), all)).toEqual([...perhaps].sort());
  });

  it("are SLM policies that write into it, by any of its registrations, until they are gone", async () => {
    await register("backups", "/srv/backups");
    slm = [
      { name: "daily", repository: "backups" },
      { name: "else", repository: "elsewhere" },
    ];
    await look();
    slm = [];
    world.advance(HOUR_MS);
    await look();
    expect(sent()).toEqual([
      ["writers-slm", "firing", ["daily"]],
      ["writers-slm", "resolved", undefined],
    ]);
  });

  it("are those whose snapshots appear that no policy takes or adopts, once each, and not those that were there", async () => {
    Object.assign(world.config.backups.nightly ?? {}, { adopt: { pattern: "curator-*" } });
    await root(3, [OWN, "by-hand"]);
    await look();
    await root(4, [OWN, "by-hand", "theirs", "curator-1", "nightly-20261122t013000z-1-88f81"]);
    expect(world.notices).toEqual([]);
    for (let hour = 0; hour < 3; hour += 1) {
      world.advance(HOUR_MS);
      await look();
    }
    expect(sent()).toEqual([["writers-snapshots", "firing", ["theirs"]]]);
    world.advance(8 * DAY_MS);
    await look();
    expect(sent().at(-1)).toEqual(["writers-snapshots", "resolved", undefined]);
  });

  it("are those whose snapshots appear in a place where no repository was at the first look", async () => {
    await look();
    world.advance(HOUR_MS);
    await root(0, [OWN, "theirs"]);
    await look();
    world.advance(HOUR_MS);
    await look();
    expect(sent()).toEqual([["writers-snapshots", "firing", ["theirs"]]]);
  });

  it("are not those that come back with a root that was lost at the first look", async () => {
    await world.blobs(PLACE).put("index.latest", Buffer.from([0, 0, 0, 0, 0, 0, 0, 3]));
    await look();
    world.advance(HOUR_MS);
    await root(3, [OWN, "theirs"]);
    await look();
    expect(sent()).toEqual([]);
  });

  it("are not those that were there, however many they are", async () => {
    const many = Array.from({ length: 1500 }, (_, at) => `theirs-${at}`);
    await root(1, many);
    await look();
    world.advance(HOUR_MS);
    await look();
    expect(world.notices).toEqual([]);
  });

  it("stop no backup when they cannot be looked for", async () => {
    await world.blobs(PLACE).put("index-1", Buffer.from("no root"));
    expect(await look()).toBeUndefined();
    expect(world.lines.map(({ message }) => message)).toContain("other writers could not be looked for");
  });
});

describe("a root that another cluster wrote", () => {
  const registered = async () => {
    const opened = await world.open();
    const settings = { location: "/srv/backups" };
    await registerRepository(opened, { cluster: "source", name: "backups", register: { type: "fs", settings } });
  };

  it.each([
    ["before ossnap registered the repository", -HOUR_MS, "other", undefined],
    ["after it", HOUR_MS, "other", "writers.otherCluster"],
    ["within the difference of two clocks", MINUTE_MS, "other", undefined],
    ["and is this one", HOUR_MS, "own", undefined],
  ])("%s", async (_, afterMs, writer, expected) => {
    const { uuid } = await world.source.info();
    if (afterMs < 0) await root(3, [OWN], "other");
    world.advance(Math.abs(afterMs));
    await registered();
    if (afterMs > 0) world.advance(afterMs);
    if (afterMs > 0) await root(3, [OWN], writer === "own" ? uuid : "other");
    expect(await look()).toBe(expected);
  });

  it("is noticed although a root with a higher generation exists, which that cluster did not know of", async () => {
    const { uuid } = await world.source.info();
    await registered();
    await root(1, [OWN], uuid);
    world.advance(HOUR_MS);
    await root(0, ["theirs"], "other");
    expect(await look()).toBe("writers.otherCluster");
    world.advance(HOUR_MS);
    await root(2, [OWN], uuid);
    expect(await look()).toBeUndefined();
  });

  it("stops backups and prunes, which do nothing, until the repository is registered again", async () => {
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    world.advance(DAY_MS);
    await root(9, [OWN], "other");
    const { hash, refusal } = await dryPrune(await world.open(), "nightly");
    const one = { repository: "backups", snapshot: OWN };
    const deletion = await dryDeletion(await world.open(), one);
    expect([refusal?.code, deletion.refusal?.code, world.notices.length]).toEqual(["writers.otherCluster", "writers.otherCluster", 0]);
    await expect(applyDeletion(await world.open(), one, deletion.hash, OPS)).rejects.toMatchObject({
      reason: { code: "writers.otherCluster" },
    });
    await expect(applyPrune(await world.open(), "nightly", hash, OPS)).rejects.toMatchObject({
      code: "conflict",
      reason: { code: "writers.otherCluster" },
    });
    world.advance(20 * MINUTE_MS);
    await tick(world);
    expect(created(world)).toHaveLength(1);
    expect(await done(world, "backup-nightly-20261122t013000z")).toMatchObject({ state: "refused" });
    world.advance(10 * MINUTE_MS);
    await registerByHand(await world.open(), "backups");
    expect(await look()).toBeUndefined();
    expect(world.notices.filter(({ key }) => key.startsWith("writers-")).map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });
});

describe("another cluster that wrote the root a minute after the last look", () => {
  it("stops the next backup and a prune that was asked for before", async () => {
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    world.advance(DAY_MS - 10 * MINUTE_MS);
    await look();
    const { hash } = await dryPrune(await world.open(), "nightly");
    await applyPrune(await world.open(), "nightly", hash, OPS);
    world.advance(MINUTE_MS);
    await root(9, [OWN], "other");
    await tick(world);
    expect(await done(world, `prune-nightly-${hash}`)).toMatchObject({ state: "refused", reason: { code: "writers.otherCluster" } });
    world.advance(30 * MINUTE_MS);
    await tick(world);
    expect(await done(world, "backup-nightly-20261122t013000z")).toMatchObject({ state: "refused" });
    expect(created(world)).toHaveLength(1);
  });
});

describe("a damaged record of the registration", () => {
  it("does not let a backup into a repository that another cluster wrote after it", async () => {
    await registerByHand(await world.open(), "backups");
    await world.state.put(stateKey.fingerprint("source", "backups"), Buffer.from("{"));
    await look();
    world.advance(HOUR_MS);
    await root(7, ["theirs"], "another-cluster");
    expect(await look()).toBe("writers.otherCluster");
  });
});

describe("a repository that its cluster disabled", () => {
  const WORDS = "cluster source: repository backups: The repository has been disabled to prevent data corruption: make it read-only";
  const shown = async () => {
    const { refusal } = await previewBackup(await world.open(), "nightly", { who: "ops" });
    const row = (await listRepositories(await world.open())).find(({ name }) => name === "backups");
    return { refusal, row };
  };

  it("is refused by the preview of a backup and failed in the list, in the cluster's words", async () => {
    await registerByHand(await world.open(), "backups");
    await root(7, ["theirs"], "another-cluster");
    expect(await shown()).toMatchObject({ row: { state: "same" } });
    disable(WORDS);
    const { refusal, row } = await shown();
    expect(refusal).toEqual({ code: "repository.disabled", params: { message: WORDS } });
    expect(row).toMatchObject({ state: "failed", reason: refusal });
  });

  it("is said to be written by this cluster itself where the newest root is its own, with its other registration", async () => {
    await registerByHand(await world.open(), "backups");
    await register("second", "/srv/backups");
    await root(7, ["ours"], (await world.source.info()).uuid);
    disable(WORDS);
    const { refusal, row } = await shown();
    expect(refusal).toEqual({ code: "repository.disabledByItself", params: { message: WORDS, cluster: "source", names: ["second"] } });
    expect(row?.reason).toEqual(refusal);
  });

  it("is not called so for a read that merely failed", async () => {
    await registerByHand(await world.open(), "backups");
    world.source.getSnapshot = async () => Promise.reject(new AppError("transient", "cluster source: timed out"));
    expect(await shown()).toMatchObject({ refusal: undefined, row: { state: "same" } });
  });
});
