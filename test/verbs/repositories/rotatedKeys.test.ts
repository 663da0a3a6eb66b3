import { describe, expect, it } from "vitest";
import { repositoriesText } from "../../../infra/cli/verbs/repositories.ts";
import type { RegisteredRepositoryInput } from "../../../shared/model/cluster.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { listRepositories } from "../../../shared/verbs/repositories/show.ts";
import { done, fire, tick, withMovies } from "../../world/nightly.ts";
import { HOUR_MS, type TestWorld, testConfig } from "../../world/world.ts";

const OLD = { access_key_id: "AK-planted-old", secret_access_key: "SK-planted-old" };
const NEW = { access_key_id: "AK-planted-new", secret_access_key: "SK-planted-new" };

/** A repository with keys that are in ossnap.yaml, on a plugin that returns none of them. */
async function keyed(): Promise<TestWorld> {
  const config = testConfig((given) => {
    const settings = { endpoint: "oss-cn-hangzhou-internal.aliyuncs.com", bucket: "backups", ...OLD };
    given.repositories.backups = { ...given.repositories.backups, register: { type: "oss", settings } } as never;
    given.watches = {};
  });
  return withMovies({ config, sourceVersion: "7.10.2" });
}

function rotate(world: TestWorld, keys: Partial<typeof NEW> = NEW): void {
  Object.assign(world.config.repositories.backups?.register?.settings ?? {}, keys);
}

/** Registers as `repositories register backups --apply` does, and records what the cluster is sent. */
async function register(world: TestWorld): Promise<{ nodes: number; sent: RegisteredRepositoryInput[] }> {
  const sent: RegisteredRepositoryInput[] = [];
  const { putRepository } = world.source;
  world.source.putRepository = (repository, options) => {
    sent.push(structuredClone(repository));
    return putRepository(repository, options);
  };
  try {
    return { ...(await registerByHand(await world.open(), "backups")), sent };
  } finally {
    world.source.putRepository = putRepository;
  }
}

async function shown(world: TestWorld): Promise<string> {
  const rows = await listRepositories(await world.open());
  return repositoriesText(rows, { color: false, now: world.now() } as never) + JSON.stringify(rows);
}

async function stored(world: TestWorld): Promise<string> {
  const bodies: string[] = [];
  for (const key of await world.stateKeys()) bodies.push(key, Buffer.from((await world.state.get(key)) ?? []).toString());
  return [...bodies, JSON.stringify([world.notices, world.lines])].join("\n");
}

describe("changed keys of a repository", () => {
  it("are shown as changed, sent with all other settings at once, and verified by every node", async () => {
    const world = await keyed();
    await register(world);
    expect(await shown(world)).not.toContain("keys changed");
    rotate(world);
    const before = await listRepositories(await world.open());
    expect(before).toMatchObject([{ name: "backups", state: "different", secrets: "changed" }]);
    const { nodes, sent } = await register(world);
    expect(nodes).toBeGreaterThan(0);
    expect(sent).toMatchObject([{ settings: { ...NEW, bucket: "backups" } }]);
    expect(await listRepositories(await world.open())).toMatchObject([{ name: "backups", state: "same" }]);
  });

  it("never appear, old or new, in what is shown, stored, logged or notified", async () => {
    const world = await keyed();
    await register(world);
    rotate(world);
    const during = await shown(world);
    await register(world);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(during + (await shown(world)) + (await stored(world))).not.toContain("planted");
  });

  it("are registered by the next backup when no person did", async () => {
    const world = await keyed();
    await register(world);
    rotate(world);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(await listRepositories(await world.open())).toMatchObject([{ name: "backups", state: "same" }]);
  });

  it("that a node refuses fail the registration with the node's reason, and stay a difference until they are right", async () => {
    const world = await keyed();
    await register(world);
    rotate(world, { access_key_id: "AK-planted-wrong" });
    const { putRepository } = world.source;
    world.source.putRepository = async (repository, options) => {
      await putRepository(repository, options);
      throw new AppError("refused", "cluster source: [backups] [[node-2, 'store location is not accessible: 403 InvalidAccessKeyId']]");
    };
    await expect(registerByHand(await world.open(), "backups")).rejects.toThrow("node-2");
    world.source.putRepository = putRepository;
    expect(await listRepositories(await world.open())).toMatchObject([{ state: "failed" }]);
    rotate(world);
    await register(world);
    expect(await listRepositories(await world.open())).toMatchObject([{ state: "same" }]);
    expect(await stored(world)).not.toContain("planted");
  });

  it("wait for a running snapshot, because Elasticsearch changes no repository that is in use", async () => {
    const world = await keyed();
    await register(world);
    await fire(world);
    rotate(world);
    await expect(registerByHand(await world.open(), "backups")).rejects.toMatchObject({ code: "conflict" });
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
    world.advance(HOUR_MS);
    expect((await register(world)).nodes).toBeGreaterThan(0);
  });
});
