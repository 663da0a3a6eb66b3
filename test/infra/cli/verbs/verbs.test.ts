import { describe, expect, it } from "vitest";
import type { Look } from "../../../../infra/cli/screen/look.ts";
import type { Session } from "../../../../infra/cli/session.ts";
import type { SurveyAnswer } from "../../../../infra/cli/surveyAnswer.ts";
import { adopt } from "../../../../infra/cli/verbs/adopt.ts";
import { backup } from "../../../../infra/cli/verbs/backup.ts";
import { showOne } from "../../../../infra/cli/verbs/jobs.ts";
import { prune } from "../../../../infra/cli/verbs/prune.ts";
import { register, repositories } from "../../../../infra/cli/verbs/repositories.ts";
import { restore } from "../../../../infra/cli/verbs/restore.ts";
import { snapshots } from "../../../../infra/cli/verbs/snapshots.ts";
import { verify } from "../../../../infra/cli/verbs/verify.ts";
import { heldIndex } from "../../../../shared/adapters/memory/clusterPlaces.ts";
import type { BlobStore } from "../../../../shared/model/blobStore.ts";
import { AppError } from "../../../../shared/model/errors.ts";
import { storeEvidence } from "../../../../shared/reader/evidence.ts";
import { proveChosen } from "../../../../shared/reader/proveRepository.ts";
import { parsePlaceUrl } from "../../../../shared/repository/url.ts";
import { advanceJob } from "../../../../shared/tick/advance.ts";
import { createSnapshots } from "../../../../shared/tick/createSnapshots.ts";
import type { JobRow } from "../../../../shared/verbs/jobs/show.ts";
import { fixtureRepository, storeOf } from "../../../format/fixtureRepositories.ts";
import { fire, ID, tick, withMovies } from "../../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../../world/world.ts";
import { FIXTURES } from "../runCli.ts";

const LISTED = { place: undefined, policy: undefined, repository: undefined };
const DRY = { yes: false, takeOver: [] };

/** A silent terminal over a deployment in memory. */
function sessionOf(world: TestWorld): Session {
  const look: Look = { colour: false, unicode: true, now: world.now(), program: "ossnap" };
  const silent = () => undefined;
  return {
    options: { color: false },
    api: undefined,
    terminal: {
      json: false,
      look: () => look,
      hide: silent,
      answer: async () => undefined,
      note: silent,
      fault: silent,
      progress: silent,
      canAsk: () => false,
      ask: async () => false,
    },
    asked: { by: "person", who: "li (terminal)" },
    environment: () => ({}),
    // Only the warnings are read here; everything else comes from the world.
    settings: () => ({ warnings: [] }) as unknown as ReturnType<Session["settings"]>,
    planned: () => ({}) as ReturnType<Session["planned"]>,
    context: () => expect.fail("no verb here asks for a context"),
    world: (opening) => world.open(opening),
    turn: () => world.open(),
    blobs: async (place) => world.blobs(place),
  };
}

/** Without the line ends within a sentence. */
const textOf = async (world: TestWorld, answer: ReturnType<typeof snapshots>) =>
  (await answer).text({ colour: false, unicode: true, now: world.now(), program: "ossnap" }).replace(/\n {6,}/g, " ");

/** Three snapshots by policy nightly: of its timer, or taken through the command line. */
async function threeNights(taken: "by-timer" | "by-hand" = "by-timer"): Promise<TestWorld> {
  const world = await testWorld();
  world.source.putIndex("movies");
  await register(sessionOf(world), { name: "backups", apply: true });
  for (let night = 0; night < 3; night += 1) {
    const id =
      taken === "by-hand"
        ? ((await backup(sessionOf(world), { policy: "nightly" })).data as JobRow).id
        : (await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() })).job;
    world.source.finishSnapshots();
    await advanceJob(await world.open(), id);
    world.advance(DAY_MS);
  }
  return world;
}

describe("verbs on a deployment in memory", () => {
  it("backup starts the work at once, each call as a separate job, and snapshots lists the results", async () => {
    const world = await threeNights("by-hand");
    const { data, exitCode } = await snapshots(sessionOf(world), { ...LISTED, policy: "nightly" });
    expect([exitCode, (data as unknown[]).length]).toEqual([0, 3]);
    expect(await textOf(world, snapshots(sessionOf(world), LISTED))).toMatch(
      /backups · 3 snapshots\nNAME .*\nnightly-\S+ .*\n {4}kept: newest good snapshot, by hand 1\/5/,
    );
  });

  it("jobs show lists who requested the job, what it waits for, and what was observed and decided, attempt by attempt", async () => {
    const world = await withMovies({ sourceVersion: "6.7.0" });
    await world.source.putRepository({ name: "theirs", type: "fs", settings: { location: "/theirs" } }, { verify: false });
    await world.source.createSnapshot("theirs", "by-hand", { indices: ["series"], metadata: {} });
    world.source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
    await fire(world);
    const shown = async () => (await textOf(world, showOne(sessionOf(world), ID))).replaceAll(ID.slice("backup-".length), "N");
    expect(await shown()).toBe(`backup-N  nightly slot 20261121t013000z
requested by timer 20261121t013000z, now, request request-1
asked: backups is registered
! waits: another client's snapshot by-hand is running in theirs on source; checked again each minute, gives up at 2026-11-21 05:30:00 UTC
TIME (UTC)           STATE  BY    WHAT
2026-11-21 01:30:00  asked  test  requested by timer 20261121t013000z for slot 20261121t013000z
2026-11-21 01:30:00  asked  test  registering backups (registerRepository, attempt 1)
2026-11-21 01:30:00  asked  test  backups is registered`);
    for (let look = 0; look < 3; look += 1) {
      world.advance(3 * MINUTE_MS);
      world.source.finishSnapshots();
      await tick(world);
      // The second attempt starts a quarter of the patience after the slot.
      if (look === 1) world.advance(54 * MINUTE_MS);
    }
    world.advance(3 * MINUTE_MS);
    world.source.finishSnapshots();
    await tick(world);
    expect((await shown()).split("\n").slice(2)).toEqual([
      "✓ done: N-2-88f81: SUCCESS, 2 indices, 10 shards, 3 min",
      "added 500 B to the repository",
      expect.stringMatching(/^TIME/),
      expect.stringMatching(/ asked .* requested by timer/),
      expect.stringMatching(/ asked .* registering backups/),
      expect.stringMatching(/ asked .* backups is registered/),
      expect.stringMatching(/01:33:00 {2}asked .* starting N-1-88f81 with 2 indices, attempt 1 \(startSnapshot, attempt 1\)/),
      expect.stringMatching(/01:33:00 {2}running .* N-1-88f81 has started/),
      expect.stringMatching(/01:36:00 {2}asked .* N-1-88f81 ended as PARTIAL: 1 shard failed:/),
      expect.stringMatching(/01:36:00 {2}retrying .* attempt 2 of 3 starts at 2026-11-21T02:30/),
      expect.stringMatching(/02:33:00 {2}asked .* attempt 2 of 3 is due/),
      expect.stringMatching(/02:33:00 {2}asked .* starting N-2-88f81 with 2 indices, attempt 2/),
      expect.stringMatching(/02:33:00 {2}running .* N-2-88f81 has started/),
      expect.stringMatching(/02:36:00 {2}done .* N-2-88f81: SUCCESS/),
    ]);
  });

  it("adopt shows what it would write, writes it with --yes, and then has nothing left to write", async () => {
    const world = await threeNights();
    const factKeys = async () => (await world.stateKeys()).filter((key) => key !== "state.json" && !key.startsWith("live/state/"));
    await world.state.delete(await factKeys());
    const text = await textOf(world, adopt(sessionOf(world), DRY));
    expect(text).toMatch(
      /^backups\.nightly {2}nightly: 3 slots have their snapshots, the newest \S+; 0 snapshots of other .* \(would write 10\)$/m,
    );
    expect(text).toMatch(/Would write 10 state objects\. Nothing was written\. To do it: {2}ossnap adopt --yes$/);
    expect(await factKeys()).toEqual([]);
    expect(await textOf(world, adopt(sessionOf(world), { ...DRY, yes: true }))).toMatch(/\nWrote 10 state objects\.$/);
    expect(await textOf(world, adopt(sessionOf(world), DRY))).toMatch(/\nThere is nothing to write\.$/);
  });

  it("adopt opens and repairs a state that lost live/, and rejects an unknown copy by name", async () => {
    const world = await threeNights();
    await world.state.delete(await world.stateKeys("live/"));
    await expect(snapshots(sessionOf(world), LISTED)).rejects.toMatchObject({ reason: { code: "state.liveLost" } });
    expect(await textOf(world, adopt(sessionOf(world), DRY))).toMatch(
      /^state {2,}open jobs and remembered positions are lost, .* \(would write 1\)$/m,
    );
    expect(await world.stateKeys("live/")).toEqual([]);
    await adopt(sessionOf(world), { ...DRY, yes: true });
    expect((await snapshots(sessionOf(world), LISTED)).exitCode).toBe(0);
    await expect(adopt(sessionOf(world), { ...DRY, takeOver: ["no-such"] })).rejects.toMatchObject({
      code: "invalid",
      message: /no "no-such"/,
    });
  });

  it("adopt takes over a copy's destination only by name", async () => {
    const world = await testWorld({
      config: testConfig((config) => {
        config.copies.move = { from: "backups", to: MOVED, snapshots: "all" };
      }),
    });
    const { blobs } = fixtureRepository("es-5.5.2-migration/step1");
    for (const place of [MOVED, { ...MOVED, bucket: "backups", basePath: "" }]) await world.fill(place, blobs);
    await adopt(sessionOf(world), { ...DRY, yes: true });
    expect(await world.stateKeys("live/copies/")).toEqual([]);
    const text = await textOf(world, adopt(sessionOf(world), { ...DRY, takeOver: ["move"] }));
    expect(text).toMatch(/^copies\.move .* taken over, as requested \(would write 1\)$/m);
    expect(text).toMatch(/To do it: {2}ossnap adopt --yes --take-over move$/);
    await adopt(sessionOf(world), { yes: true, takeOver: ["move"] });
    expect(await world.stateKeys("live/copies/")).toHaveLength(1);
  });

  it("adopt fails when it could not read everything", async () => {
    const world = await testWorld();
    world.target.failNext("listIndices", new AppError("denied", "cluster target: 403"));
    const answer = await adopt(sessionOf(world), DRY);
    expect(answer.exitCode).toBe(1);
    expect(await textOf(world, Promise.resolve(answer))).toContain(
      "watches.moved    ✗ could not read the current state (denied): cluster target: 403",
    );
  });

  it("prune shows a plan whose hash applies exactly that plan, and rejects any other hash as stale", async () => {
    const world = await threeNights();
    const dry = await prune(sessionOf(world), { policy: "nightly", apply: undefined });
    const { hash, remove } = dry.data as { hash: string; remove: { name: string }[] };
    expect([dry.exitCode, remove.length]).toEqual([0, 1]);
    await expect(prune(sessionOf(world), { policy: "nightly", apply: "0000" })).rejects.toMatchObject({
      code: "conflict",
      reason: { code: "plan.stale" },
    });
    expect((await world.source.listSnapshots("backups")).length).toBe(3);
    const applied = await prune(sessionOf(world), { policy: "nightly", apply: hash });
    expect(applied).toMatchObject({ schema: "job/1", exitCode: 0, data: { kind: "prune" } });
    expect((await world.source.listSnapshots("backups")).map(({ name }) => name)).not.toContain(remove[0]?.name);
  });

  it("repositories register shows the settings without secrets and writes nothing without --apply", async () => {
    const config = testConfig((made) => {
      made.repositories.backups = {
        cluster: "source",
        register: {
          type: "oss",
          settings: {
            bucket: "b",
            endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com",
            access_key_id: "planted-Id-1",
            secret_access_key: "planted-Secret-2",
          },
        },
      };
    });
    const world = await testWorld({ config });
    const dry = await register(sessionOf(world), { name: "backups", apply: false });
    expect(JSON.stringify(dry.data) + (await textOf(world, Promise.resolve(dry)))).not.toMatch(/planted/);
    expect(dry.text({ colour: false, unicode: true, now: world.now(), program: "ossnap" })).toContain(
      "ossnap repositories register backups --apply",
    );
    expect(world.source.writes).toEqual([]);
  });

  it("repositories compares the configured and the registered state", async () => {
    const world = await threeNights();
    const text = await textOf(world, repositories(sessionOf(world)));
    expect(text).toMatch(/backups +source +fs +repositories\.backups +✓ is registered as configured/);
    expect(text).toMatch(/moved-movies +target +fs, readonly +watches\.moved +! is not registered/);
  });

  it("repositories exits with 1 when a cluster refuses or a registration cannot be used, and shows why", async () => {
    const world = await threeNights();
    world.target.failNext("info", new AppError("denied", "cluster target: user elastic is refused (HTTP 401)"));
    const answer = await repositories(sessionOf(world));
    expect(answer.exitCode).toBe(1);
    expect(await textOf(world, Promise.resolve(answer))).toContain("user elastic is refused (HTTP 401)");
    expect((await repositories(sessionOf(world))).exitCode).toBe(0);
    world.source.putRepository = async () => Promise.reject(new AppError("permanent", "cluster source: AccessDenied"));
    await expect(register(sessionOf(world), { name: "backups", apply: true })).rejects.toThrow("AccessDenied");
    const failed = await repositories(sessionOf(world));
    expect(failed.exitCode).toBe(1);
    expect(await textOf(world, Promise.resolve(failed))).toMatch(/✗ is registered as configured, but cannot be used: .*AccessDenied/);
  });

  it("repositories shows every warning of ossnap.yaml", async () => {
    const world = await threeNights();
    const warning = { path: "clusters.source.password", line: 7, value: null, wrong: "written in the file", fix: "write a variable" };
    const session = {
      ...sessionOf(world),
      settings: () => ({ warnings: [{ ...warning, reason: { code: "config.secret", params: {} } }] }),
    };
    expect(await textOf(world, repositories(session as unknown as Session))).toContain(
      "clusters.source.password (line 7): written in the file, write a variable",
    );
    expect((await repositories(session as unknown as Session)).warnings).toMatchObject([{ path: "clusters.source.password" }]);
  });

  it("restore prints the command with every option that it was given", async () => {
    const world = await testWorld();
    await world.fill(MOVED, fixtureRepository("es-5.5.2-migration/step2").blobs);
    const wanted = {
      repository: "moved-movies",
      to: "target",
      indices: ["fx-orders"],
      alias: { alias: "films" },
      older: true,
      key: "mine",
    };
    expect(await textOf(world, restore(sessionOf(world), { snapshot: "snap-1", ...wanted, start: false }))).toContain(
      "--alias films --older --start --key mine",
    );
  });

  it("restore changes nothing without --start, is refused with the way out, and otherwise starts", async () => {
    const world = await testWorld();
    await world.fill(MOVED, fixtureRepository("es-5.5.2-migration/step2").blobs);
    const wanted = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], start: false };
    const dry = await restore(sessionOf(world), wanted);
    expect([dry.schema, dry.exitCode, dry.problem]).toEqual(["restore-preflight/1", 0, undefined]);
    expect(await textOf(world, Promise.resolve(dry))).toContain(
      "ossnap restore snap-1 --repository moved-movies --to target --indices fx-orders --start",
    );

    world.target.putIndex("taken");
    const refused = await restore(sessionOf(world), { ...wanted, alias: { alias: "taken" }, start: true });
    expect(refused).toMatchObject({
      exitCode: 4,
      problem: { code: "restore-refused", refusals: [{ check: "alias", reason: { code: "alias.isIndex" } }] },
    });
    expect(await textOf(world, Promise.resolve(refused))).toMatch(
      /fix: choose another alias than taken; or let .*Refused \(1\)\. Nothing was changed\.$/s,
    );
    expect(world.target.writes).toEqual([]);

    const [startTime, endTime] = [new Date("2026-11-21T01:00:06.531Z"), new Date("2026-11-21T01:00:06.643Z")];
    const held = new Map([["fx-orders", heldIndex({ documents: 3, shards: 2 }, "5.5.2")]]);
    const shards = { total: 2, failed: 0, successful: 2 };
    const registered = {
      name: "snap-1",
      uuid: "fYhuz4ZYQe6rft7fpoJyHg",
      state: "SUCCESS" as const,
      version: "5.5.2",
      indices: ["fx-orders"],
      metadata: undefined,
    };
    world.places.at({ location: "/srv/moved" }).push({ ...registered, startTime, endTime, shards, failures: [], held });
    expect(await restore(sessionOf(world), { ...wanted, alias: { alias: "orders" }, start: true })).toMatchObject({
      schema: "job/1",
      exitCode: 0,
      data: { kind: "restore" },
    });
  });
});

describe("verbs on a bucket alone", () => {
  const url = `file://${FIXTURES}/es-5.5.2-migration/step2`;

  it("snapshots lists the contents of the bucket, and what was proven of these blobs", async () => {
    const world = await testWorld();
    const { data, schema, text } = await snapshots(sessionOf(world), { ...LISTED, place: url });
    const survey = data as SurveyAnswer;
    expect([schema, survey.repository.generation, survey.orphans.blobs, survey.writeNeeds.missing]).toEqual(["survey/1", 1, 0, []]);
    expect(text({ colour: false, unicode: true, now: world.now(), program: "ossnap" })).toMatch(
      /NAME +STARTED +STATE +SIZE +OWN +DOCUMENTS +PROVEN\nsnap-2 .* SUCCESS .* –\nsnap-1 (.*\n)*SIZE: .*\nOrphans: none\./,
    );
    const { proofs } = await proveChosen(directoryStore(), { snapshot: "all", level: "footers" });
    const here = parsePlaceUrl(url);
    const copied = parsePlaceUrl("oss://a-copy/elsewhere?region=cn-hangzhou");
    for (const proof of proofs) await storeEvidence(await world.open(), proof.name === "snap-1" ? here : copied, proof, world.now());
    world.advance(DAY_MS);
    const again = (await snapshots({ ...sessionOf(world), options: { color: false, config: "ossnap.yaml" } }, { ...LISTED, place: url }))
      .data as SurveyAnswer;
    expect(again.snapshots.map(({ name, evidence }) => [name, evidence?.level])).toEqual([
      ["snap-2", undefined],
      ["snap-1", "footers"],
    ]);
  });

  it("verify reports how much of the contents it read, and repeats the same sample", async () => {
    const session = sessionOf(await testWorld());
    const [first, second] = await Promise.all([
      verify(session, { place: url, snapshot: "all", level: undefined, sample: { share: 0.05 } }),
      verify(session, { place: url, snapshot: "all", level: undefined, sample: { share: 0.05 } }),
    ]);
    expect(first.text({ colour: false, unicode: true, now: new Date(), program: "ossnap" })).toMatch(
      /snap-1 +✓ whole +contents, [0-9.]+ % sampled/,
    );
    expect(first.data).toMatchObject({
      snapshots: [{ sampled: { files: expect.any(Number), bytes: expect.any(Number) } }, { sampled: {} }],
    });
    expect(second.data).toEqual(first.data);
  });

  function directoryStore(): BlobStore {
    return storeOf(fixtureRepository("es-5.5.2-migration/step2").blobs);
  }
});
