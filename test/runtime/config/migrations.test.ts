import { describe, expect, it } from "vitest";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "./example.ts";

const MOVIES = {
  ...{ from: "movies-aws", to: "target", through: { store: "oss", bucket: "migrated", basePath: "movies", region: "cn-hangzhou" } },
  register: {
    name: "migrated-movies",
    type: "oss",
    settings: { bucket: "migrated", base_path: "movies", endpoint: "oss-cn-hangzhou.aliyuncs.com" },
  },
  ...{ indices: ["movies"], schedule: { cron: "0 30 3 * * *" } },
};

function checked(change: Record<string, unknown>, name = "movies") {
  const tree = JSON.parse(exampleWith(["migrations"], { [name]: { ...MOVIES, ...change } }));
  return checkConfig(JSON.stringify(tree), EXAMPLE_ENVIRONMENT);
}

type Tree = Record<"migrations" | "watches" | "backups" | "repositories" | "state", Record<string, object>>;

describe("a migration in ossnap.yaml", () => {
  it("stands for a policy, a copy and a watch of its name", () => {
    const { config, faults } = checked({ aliases: { films: "movies" }, keepOld: "2d", keepOldBytes: "100gb", replicas: 0 });
    expect(faults).toEqual([]);
    expect(config?.migrations).toEqual({ movies: { warm: false } });
    expect(config?.backups.movies).toMatchObject({ repository: "movies-aws", indices: ["movies"], keep: { last: 3, manual: { last: 5 } } });
    expect(config?.copies.movies).toMatchObject({
      from: "movies-aws",
      to: { bucket: "migrated", basePath: "movies" },
      snapshots: "latest",
    });
    expect(config?.copies.movies).not.toHaveProperty("after");
    expect(config?.watches.movies).toMatchObject({
      ...{ blobs: { bucket: "migrated" }, cluster: "target", register: { name: "migrated-movies", settings: { readonly: true } } },
      restore: {
        indices: ["movies"],
        aliases: { films: "movies" },
        which: "by-hand",
        replicas: 0,
        keepOldMs: 2 * 86_400_000,
        keepOldBytes: 100 * 1024 ** 3,
      },
    });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ["a source that is not there", { from: "movies-aw" }, "migrations.movies.from", "no such repository"],
    ["a target that is not there", { to: "targt" }, "migrations.movies.to", "no such cluster"],
    ["one cluster", { to: "source" }, "migrations.movies.to", "the cluster that it comes from"],
    ["a policy that is not there", { backups: "own" }, "migrations.movies.backups", "no such backup policy"],
    ["a policy of the source", { backups: "nightly" }, "migrations.movies.backups", "a policy of another cluster than target"],
    ["indices that select nothing", { indices: ["-movies"] }, "migrations.movies.indices", ""],
    ["an alias that no cluster accepts", { aliases: { "a b": "movies" } }, "migrations.movies.aliases", "the alias"],
    [
      "a schedule of five fields",
      { schedule: { cron: "30 3 * * *" } },
      "migrations.movies.schedule.cron",
      "not a cron expression of six fields",
    ],
    ["a key of another section", { after: "nightly" }, "migrations.movies.after", "unknown key"],
    [
      "a place that a copy has",
      { through: { ...MOVIES.through, bucket: "moved", endpoint: "http://127.0.0.1:9411" } },
      "migrations.movies.through",
      "overlaps another",
    ],
  ])("is told where it is written: %s", (_what, change, path, wrong) => {
    const { config, faults } = checked(change);
    expect(config).toBeUndefined();
    expect(faults.filter((fault) => fault.path === path).map((fault) => fault.wrong.startsWith(wrong))).toContain(true);
    expect(faults.filter((fault) => !fault.path.startsWith("migrations."))).toEqual([]);
  });

  it.each<[string, (tree: Tree) => void, string, string]>([
    [
      "the place of another migration",
      ({ migrations }) => Object.assign(migrations, { films: { ...MOVIES, aliases: { films: "movies" } } }),
      "migrations.films.through",
      "it is the same as migrations.movies.through",
    ],
    [
      "the alias of another migration",
      ({ migrations }) => Object.assign(migrations, { films: { ...MOVIES, aliases: { films: "movies" } } }),
      "migrations.films.aliases.films",
      "the alias of migrations.movies on the same cluster",
    ],
    [
      "the registered name of another migration",
      ({ migrations }) => Object.assign(migrations, { films: MOVIES }),
      "migrations.films.register.name",
      "taken on that cluster by migrations.movies",
    ],
    [
      "a state in its place",
      ({ state }) => Object.assign(state, { store: "oss", bucket: "migrated", prefix: "movies", region: "cn-hangzhou" }),
      "state",
      "it is the same as migrations.movies.through",
    ],
    [
      "a policy that writes into its place",
      ({ repositories, backups }) => {
        const { nightly = {} } = backups;
        const settings = { bucket: "migrated", base_path: "movies", endpoint: "oss-cn-hangzhou.aliyuncs.com" };
        Object.assign(repositories, { own: { cluster: "target", register: { type: "oss", settings } } });
        Object.assign(backups, { own: { ...nightly, repository: "own" } });
      },
      "backups.own.repository",
      "a repository at, above or below migrations.movies.through",
    ],
    [
      "a watch of its place",
      ({ watches }) => {
        const [watch = {}] = Object.values(watches);
        const register = { ...MOVIES.register, name: "mine" };
        Object.assign(watches, { mine: { ...watch, blobs: MOVIES.through, register, restore: { indices: ["movies"], alias: "mine" } } });
      },
      "migrations.movies.through",
      "it is the same as watches.mine.blobs",
    ],
  ])("is named where it is written by a finding about another entry: %s", (_what, change, path, wrong) => {
    const tree = JSON.parse(exampleWith(["migrations"], { movies: { ...MOVIES, aliases: { films: "movies" } } })) as Tree;
    change(tree);
    const { faults } = checkConfig(JSON.stringify(tree), EXAMPLE_ENVIRONMENT);
    const texts = faults.map((fault) => `${fault.path}: ${fault.wrong} ${fault.fix} ${JSON.stringify(fault.reason.params)}`);
    expect(texts.filter((text) => text.startsWith(`${path}: `) && text.includes(wrong))).toHaveLength(1);
    expect(texts.filter((text) => /(watches|copies|backups)\.(movies|films)/.test(text))).toEqual([]);
  });

  it("leaves a name that only begins with a migration's as it is", () => {
    const tree = JSON.parse(exampleWith(["migrations"], { movies: MOVIES })) as Tree;
    const [watch = {}] = Object.values(tree.watches);
    Object.assign(tree.watches, { "movies-old": { ...watch, blobs: { ...MOVIES.through, bucket: "old" } } });
    Object.assign(tree.watches, { second: tree.watches["movies-old"] });
    const { faults } = checkConfig(JSON.stringify(tree), EXAMPLE_ENVIRONMENT);
    expect(faults.map(({ wrong }) => wrong)).toContainEqual(expect.stringContaining("the same as watches.movies-old.blobs"));
  });

  it("has a name of its own", () => {
    expect(checked({}, "nightly").faults).toMatchObject([{ path: "migrations.nightly", wrong: "has the name of backups.nightly" }]);
  });
});
