import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { checkConfig } from "../../shared/runtime/config/loadConfig.ts";
import { importCuratorText } from "../../shared/runtime/importCurator.ts";
import { say } from "../../shared/words/say.ts";

const TAKE = `
actions:
  1:
    action: snapshot
    description: Snapshot logstash- prefixed indices older than 1 day
    options:
      repository: backups
      name:
      wait_for_completion: True
    filters:
    - filtertype: pattern
      kind: prefix
      value: logstash-
    - filtertype: age
      source: creation_date
      direction: older
      unit: days
      unit_count: 1
`;
const THIN = `
  2:
    action: delete_snapshots
    options: {repository: backups, disable_action: False}
    filters:
    - {filtertype: pattern, kind: prefix, value: curator-, exclude: }
    - {filtertype: count, count: 10}
    - {filtertype: age, source: creation_date, direction: older, unit: weeks, unit_count: 2}
    - {filtertype: state, state: SUCCESS}
`;
const imported = (text: string) => {
  const { yaml, notes } = importCuratorText(text);
  return { backups: (parse(yaml) as { backups: Record<string, unknown> }).backups, notes: notes.map(({ code }) => code), yaml };
};

const variable = (name: string) => `$\{${name}}`;

describe("an action file of Curator", () => {
  it("becomes a policy that takes and thins out as Curator did, and adopts what Curator took", () => {
    const { backups, notes } = imported(TAKE + THIN);
    expect(backups).toEqual({
      "imported-1": {
        repository: "backups",
        indices: ["logstash-*"],
        globalState: true,
        schedule: { cron: "0 30 1 * * *", timeZone: "UTC" },
        keep: { within: "14d", last: 10 },
        adopt: { pattern: "curator-*" },
        prune: { cron: "0 30 2 * * *" },
      },
    });
    expect(notes).toEqual(["import.schedule", "import.name", "import.globalState", "import.within", "import.state", "import.indices"]);
  });

  it.each([
    ["only takes snapshots", TAKE],
    ["takes and deletes", TAKE + THIN],
    ["only deletes", `actions:${THIN}`],
  ])("that %s is accepted by the check of the configuration", (_what, text) => {
    const { backups } = imported(text);
    const repositories = { backups: { cluster: "source", register: { type: "fs", settings: { location: "/srv/b" } } } };
    const rest = {
      version: 1,
      state: { store: "directory", bucket: "/srv/state" },
      clusters: { source: { url: "http://127.0.0.1:9200" } },
    };
    expect(checkConfig(stringify({ ...rest, repositories, backups }), {}).faults).toEqual([]);
  });

  it.each<[string, object, string[]]>([
    ["", { globalState: true }, ["import.globalState"]],
    ["include_global_state: ", { globalState: true }, ["import.globalState"]],
    ["include_global_state: 'True'", { globalState: true }, ["import.globalState"]],
    ["include_global_state: False", {}, []],
    ["include_global_state: False, partial: True", { partial: true }, ["import.partial"]],
    ["partial: False", { globalState: true }, ["import.globalState"]],
  ])("writes what a snapshot contains beside the indices, with options %j", (options, contents, codes) => {
    const { backups, notes } = imported(`actions:\n  1:\n    action: snapshot\n    options: {repository: backups, ${options}}\n`);
    const { globalState, partial } = backups["imported-1"] as { globalState?: boolean; partial?: boolean };
    expect({ ...(globalState !== undefined && { globalState }), ...(partial !== undefined && { partial }) }).toEqual(contents);
    expect(notes.filter((code) => ["import.globalState", "import.partial"].includes(code))).toEqual(codes);
  });

  const AGE = "{filtertype: age, direction: older, unit: days, unit_count: 45}";
  const deleting = (...filters: string[]) => {
    const { backups, notes } = imported(
      `actions:\n  1:\n    action: delete_snapshots\n    options: {repository: backups}\n    filters: [${filters.join(", ")}]\n`,
    );
    return { policy: backups["imported-1"] as { keep: object; adopt?: object; prune?: object }, notes };
  };

  it.each([
    ["a count after an age, which keeps the newest of the older ones", "import.countAfterAge", [AGE, "{filtertype: count, count: 10}"]],
    ["a name that is excluded", "import.excludes", ["{filtertype: pattern, kind: prefix, value: cur-keep-, exclude: True}", AGE]],
    ["an age that is excluded", "import.excludes", ["{filtertype: age, direction: older, unit: days, unit_count: 4, exclude: True}"]],
    ["a state that is excluded", "import.excludes", ["{filtertype: state, state: SUCCESS, exclude: True}", AGE]],
    ["only what failed", "import.filter", ["{filtertype: state, state: FAILED}", AGE]],
    ["only the newest", "import.filter", ["{filtertype: count, count: 3, exclude: False}", AGE]],
    ["a count for each group of names", "import.filter", ["{filtertype: count, count: 3, pattern: '^(.*)-'}", AGE]],
    ["a filter that ossnap has not", "import.filter", ["{filtertype: period, unit: weeks}", AGE]],
    ["a name by a regular expression", "import.snapshotPattern", ["{filtertype: pattern, kind: regex, value: 'day$'}", AGE]],
    ["two names", "import.severalNames", Array(2).fill("{filtertype: pattern, kind: prefix, value: cur-}").concat(AGE)],
    [
      "an age in a unit that every object inherits",
      "import.age",
      ["{filtertype: age, direction: older, unit: constructor, unit_count: 4}"],
    ],
    ["an age from a fixed time", "import.age", ["{filtertype: age, direction: older, unit: days, unit_count: 4, epoch: 1700000000}"]],
  ])("deletes nothing where rules would keep less than Curator: %s", (_what, code, filters) => {
    const { policy, notes } = deleting(...filters);
    expect([policy.keep, policy.adopt, policy.prune]).toEqual([{ within: "3650d" }, undefined, undefined]);
    expect(notes).toContain(code);
  });

  it("keeps the longer of two ages, and the sum of two counts, whose exclusion is the default", () => {
    const counts = ["{filtertype: count, count: 3, exclude: True}", "{filtertype: count, count: 4}"];
    expect(deleting(...counts, AGE, "{filtertype: age, direction: older, unit: days, unit_count: 5}").policy.keep).toEqual({
      within: "45d",
      last: 7,
    });
  });

  it("adopts by the prefix of the action whose rules it has", () => {
    const one = (id: number, filters: string) =>
      `  ${id}:\n    action: delete_snapshots\n    options: {repository: backups}\n    filters: [${filters}, ${AGE}]\n`;
    const first = one(1, "{filtertype: period, unit: weeks}, {filtertype: pattern, kind: prefix, value: a-}");
    const { backups } = imported(`actions:\n${first}${one(2, "{filtertype: pattern, kind: prefix, value: b-}")}`);
    expect(backups["imported-1"]).toMatchObject({ keep: { within: "45d" }, adopt: { pattern: "b-*" } });
  });

  it("never becomes a policy that deletes everything", () => {
    const all = "actions:\n  1:\n    action: delete_snapshots\n    options: {repository: backups}\n    filters: [{filtertype: none}]\n";
    const { backups, notes } = imported(all);
    expect(backups["imported-1"]).toMatchObject({ keep: { within: "3650d" } });
    expect(backups["imported-1"]).not.toHaveProperty("prune");
    expect(notes).toContain("import.deletesAll");
  });

  it.each([
    ["an index action", "action: close\n    options: {}", "import.action"],
    ["a disabled action", "action: snapshot\n    options: {repository: backups, disable_action: True}", "import.disabled"],
    ["an action without a repository", "action: snapshot\n    options: {}", "import.noRepository"],
    ["a partial snapshot", "action: snapshot\n    options: {repository: backups, partial: True}", "import.partial"],
    [
      "a regular expression",
      "action: snapshot\n    options: {repository: backups}\n    filters: [{filtertype: pattern, kind: regex, value: '^a'}]",
      "import.indices",
    ],
    [
      "a period",
      "action: delete_snapshots\n    options: {repository: backups}\n    filters: [{filtertype: period, unit: weeks}]",
      "import.filter",
    ],
    [
      "a count of the oldest",
      "action: delete_snapshots\n    options: {repository: backups}\n    filters: [{filtertype: count, count: 3, reverse: False}]",
      "import.filter",
    ],
    [
      "a name of dates only",
      "action: delete_snapshots\n    options: {repository: backups}\n    filters: [{filtertype: pattern, kind: prefix, value: ''}, {filtertype: count, count: 3}]",
      "import.adopt",
    ],
  ])("says what has no equivalent: %s", (_what, text, code) => {
    expect(imported(`actions:\n  1:\n    ${text}\n`).notes).toContain(code);
  });

  it("says which values Curator took from its environment, and that several policies would begin together", () => {
    const other = "  3:\n    action: snapshot\n    options: {repository: other}\n    filters: []\n";
    const variables = TAKE.replace("repository: backups", `repository: ${variable("BACKUP_REPO")}`).replace(
      "value: logstash-",
      `value: ${variable("PREFIX:logs")}-`,
    );
    const { notes, yaml } = importCuratorText(variables + other);
    const values = notes.flatMap(({ code, params }) => (code === "import.variable" ? [params.value] : []));
    expect(values).toEqual([variable("BACKUP_REPO"), variable("PREFIX:logs")]);
    expect(yaml).toContain(variable("BACKUP_REPO"));
    const together = notes.filter(({ code }) => code === "import.sameTime").map(say);
    expect(together).toEqual([expect.stringContaining("policies imported-1, imported-2 would all take snapshots at 0 30 1 * * *")]);
    expect(imported(TAKE).notes).not.toContain("import.sameTime");
  });

  it.each([
    ["[", "not YAML"],
    ["a: 1", "not an action file"],
    ["actions: {1: {}}", "not an action file"],
  ])("is refused if it is none: %s", (text, why) => {
    expect(() => importCuratorText(text)).toThrow(why);
  });
});
