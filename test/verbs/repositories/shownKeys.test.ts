import { describe, expect, it } from "vitest";
import { repositoriesText } from "../../../infra/cli/verbs/repositories.ts";
import { listRepositories } from "../../../shared/verbs/repositories/show.ts";
import { fire, tick, withMovies } from "../../world/nightly.ts";
import { HOUR_MS, type TestWorld, testConfig } from "../../world/world.ts";

const KEYS = { access_key_id: "AK-planted", secret_access_key: "SK-planted" };

/** Alibaba's plugin for 5.5.3 returns both keys in clear from `GET _snapshot`. */
function leaky(change: Parameters<typeof testConfig>[0] = () => undefined): Promise<TestWorld> {
  const config = testConfig((given) => {
    const settings = { endpoint: "oss-cn-hangzhou-internal.aliyuncs.com", bucket: "backups", ...KEYS };
    given.repositories.backups = {
      ...given.repositories.backups,
      register: { type: "oss", settings },
    } as (typeof given.repositories)[string];
    given.watches = {};
    change(given);
  });
  return withMovies({ config });
}

async function everything(world: TestWorld): Promise<string> {
  const bodies: string[] = [];
  for (const key of await world.stateKeys()) bodies.push(key, Buffer.from((await world.state.get(key)) ?? []).toString());
  return [...bodies, JSON.stringify([world.notices, world.lines])].join("\n");
}

describe("keys that a cluster returns in clear", () => {
  it("are reported once for the cluster, and neither shown nor stored", async () => {
    const world = await leaky();
    for (let night = 0; night < 3; night += 1) {
      await fire(world).catch(() => undefined);
      world.source.finishSnapshots();
      await tick(world);
      world.advance(24 * HOUR_MS);
    }
    const told = world.notices.filter(({ code }) => code === "repository.keysShown");
    expect(told).toMatchObject([{ key: "keys-shown:clusters.source", status: "firing", severity: "warning" }]);
    expect(told[0]?.text).toContain("everyone who may read repositories");
    expect(await everything(world)).not.toContain("planted");
  });

  it("are a warning of `repositories`", async () => {
    const world = await leaky();
    await fire(world);
    const rows = await listRepositories(await world.open());
    expect(JSON.stringify(rows)).not.toContain("planted");
    const text = repositoriesText(rows, { color: false, now: world.now() } as never);
    expect(text).toContain("repositories.backups.cluster: cluster source returns access_key_id, secret_access_key in clear");
  });

  it("are a warning of `repositories` too where another system registered it", async () => {
    const world = await leaky();
    await fire(world);
    const opened = await world.open();
    const { register: _register, ...reading } = world.config.repositories.backups as NonNullable<
      (typeof world.config.repositories)[string]
    >;
    opened.config.repositories.backups = reading;
    const [row] = await listRepositories(opened);
    expect(row).toMatchObject({ state: "others", warnings: [{ path: "cluster", reason: { code: "settings.keyShown" } }] });
  });

  it("are one warning and one notice of a cluster with several repositories", async () => {
    const world = await leaky((given) => {
      given.repositories.second = structuredClone(given.repositories.backups) as (typeof given.repositories)[string];
      given.backups.other = { ...structuredClone(given.backups.nightly), repository: "second" } as (typeof given.backups)[string];
    });
    for (let night = 0; night < 2; night += 1) {
      await fire(world).catch(() => undefined);
      world.source.finishSnapshots();
      await tick(world);
      world.advance(24 * HOUR_MS);
    }
    expect(world.notices.filter(({ code }) => code === "repository.keysShown")).toHaveLength(1);
    const rows = await listRepositories(await world.open());
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.flatMap(({ warnings }) => warnings.filter(({ reason }) => reason.code === "settings.keyShown"))).toHaveLength(1);
  });

  it("of a plugin that filters them are not reported", async () => {
    const config = testConfig((given) => {
      given.watches = {};
    });
    const world = await withMovies({ config });
    await fire(world);
    expect(world.notices).toEqual([]);
  });
});
