import { describe, expect, it } from "vitest";
import { printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "./example.ts";

/** The warnings without line numbers; the text must be accepted. */
function warningsWith(path: readonly (string | number)[], value: unknown): string[] {
  const { faults, warnings } = checkConfig(exampleWith(path, value), EXAMPLE_ENVIRONMENT);
  expect(faults).toEqual([]);
  return warnings.map((warning) => printConfigFault(warning).replace(/ \(line \d+\)/, ""));
}

const SECRET = `\${SOURCE_PASSWORD}`;
const WEBHOOK = `http://hooks.example.com/\${WEBHOOK_SECRET}`;

describe("accepted values that are hardly meant", () => {
  it.each<[string, (string | number)[], unknown, string[]]>([
    [
      "a password over http",
      ["clusters", "source"],
      { url: "http://es.example.com:9200", username: "elastic", password: SECRET },
      ['clusters.source.url: sends password unencrypted: "http://es.example.com:9200", write https:// if the cluster offers it'],
    ],
    [
      "an API key over http",
      ["clusters", "source"],
      { url: "http://es.example.com:9200", apiKey: SECRET },
      ['clusters.source.url: sends apiKey unencrypted: "http://es.example.com:9200", write https:// if the cluster offers it'],
    ],
    [
      "an access key over http",
      ["clusters", "target"],
      { url: "http://es.example.com:9200" },
      [
        'clusters.target.url: sends the access key of repositories.nightly-oss unencrypted: "http://es.example.com:9200", write https:// if the cluster offers it',
      ],
    ],
    ["a password over https", ["clusters", "source"], { url: "https://es.example.com", username: "elastic", password: SECRET }, []],
    ["a password to this machine", ["clusters", "source"], { url: "http://localhost:9252", username: "elastic", password: SECRET }, []],
    ["no password over http", ["clusters", "source"], { url: "http://es.example.com:9200" }, []],
    [
      "notices over http",
      ["notify"],
      [{ type: "webhook", url: WEBHOOK }],
      [`notify[0].url: sends notices unencrypted: "${WEBHOOK}", write https:// if the receiver offers it`],
    ],
    ["date math in a policy, which ossnap resolves", ["backups", "nightly", "indices"], ["<logs-{now/d}>", "-<old-{now/M-1M}>"], []],
    [
      "date math in a watch",
      ["watches", "moved-movies", "restore", "indices"],
      ["<logs-{now/d}>"],
      [
        'watches.moved-movies.restore.indices[0]: date math, which a watch does not resolve: "<logs-{now/d}>", write a pattern such as logs-*',
      ],
    ],
    [
      "date math in a watch, as in a URL",
      ["watches", "moved-movies", "restore", "indices"],
      ["%3Clogs-%7Bnow%2Fd%7D%3E"],
      [
        'watches.moved-movies.restore.indices[0]: date math, which a watch does not resolve: "%3Clogs-%7Bnow%2Fd%7D%3E", write a pattern such as logs-*',
      ],
    ],
    [
      "months that are minutes",
      ["backups", "nightly", "keep", "within"],
      "7m",
      ['backups.nightly.keep.within: minutes, not months: "7m", write 210d if months are meant'],
    ],
    [
      "a protection of minutes",
      ["backups", "nightly", "keep", "lastOfIndex"],
      "6m",
      ['backups.nightly.keep.lastOfIndex: minutes, not months: "6m", write 180d if months are meant'],
    ],
    [
      "an rpo below the interval",
      ["backups", "nightly", "rpo"],
      "12h",
      [
        'backups.nightly.rpo: not above the schedule\'s longest interval of 1d, so every such interval is reported as late: "12h", write the interval and the time that a backup takes',
      ],
    ],
    ["an rpo above the interval", ["backups", "nightly", "rpo"], "25h", []],
    [
      "a snapshot every two minutes",
      ["backups", "nightly", "schedule", "cron"],
      "0 */2 * * * *",
      [
        'backups.nightly.schedule.cron: promises 120 snapshots of cluster source in 4 h, more than one per 5 minutes, so slots and prunes will wait and be missed: "0 */2 * * * *", space the slots out, or take more indices by fewer policies',
      ],
    ],
    ["a snapshot every five minutes", ["backups", "nightly", "schedule", "cron"], "0 */5 * * * *", []],
    ["a short burst", ["backups", "nightly", "schedule", "cron"], "0 0-40 1 * * *", []],
    [
      "one cluster under two names",
      ["clusters", "again"],
      { url: "http://localhost:9252/" },
      [
        'clusters.again.url: the address of clusters.source: work of the two is not kept apart: "http://localhost:9252/", use one name for one cluster',
      ],
    ],
    ["another port", ["clusters", "again"], { url: "http://127.0.0.1:9254" }, []],
    [
      "a state without a region, though copies need tasks",
      ["state"],
      { store: "directory", bucket: "/srv/state" },
      [
        "state.region: missing: copies run as tasks of Function Compute, which a terminal starts in this region, add the region of the functions, such as cn-hangzhou",
      ],
    ],
  ])("%s", (_, path, value, expected) => {
    expect(warningsWith(path, value)).toEqual(expected);
  });

  it("an rpo of nothing is refused, and not warned about as well", () => {
    const { faults, warnings } = checkConfig(exampleWith(["backups", "nightly", "rpo"], "0h"), EXAMPLE_ENVIRONMENT);
    expect([faults.map(({ path }) => path), warnings]).toEqual([["backups.nightly.rpo"], []]);
  });

  const policies = (count: number, cron: (number: number) => string) => {
    const tree = JSON.parse(exampleWith(["backups", "nightly", "schedule", "timeZone"], "UTC"));
    const { rpo: _, ...nightly } = tree.backups.nightly;
    const entries = Array.from({ length: count }, (_, number) => [
      number === 0 ? "nightly" : `p${number}`,
      { ...nightly, schedule: { ...nightly.schedule, cron: cron(number) } },
    ]);
    const backups = Object.fromEntries(entries);
    return checkConfig(JSON.stringify({ ...tree, backups }), EXAMPLE_ENVIRONMENT)
      .warnings.filter(({ reason }) => reason.code === "config.tooDense")
      .map(({ path, wrong }) => `${path}: ${wrong}`);
  };

  it("many hourly policies of one cluster, which together are too many, also past midnight", () => {
    expect(policies(12, () => "0 7 * * * *")).toEqual([]);
    const wrong = (snapshots: number) =>
      `backups.nightly.schedule.cron: with the other policies promises ${snapshots} snapshots of cluster source in 4 h, more than one per 5 minutes, so slots and prunes will wait and be missed`;
    expect(policies(13, () => "0 7 * * * *")).toEqual([wrong(52)]);
    expect(policies(49, (number) => (number % 2 === 0 ? "0 50 23 * * *" : "0 10 0 * * *"))).toEqual([wrong(49)]);
    expect(policies(72, (number) => `0 0 ${number % 24} * * *`)).toEqual([]);
  });

  it("a state without a region is enough without copies", () => {
    const text = JSON.stringify({
      version: 1,
      state: { store: "directory", bucket: "/srv/state" },
      clusters: { one: { url: "http://127.0.0.1:9200" } },
    });
    expect(checkConfig(text, {})).toMatchObject({ faults: [], warnings: [] });
  });
});
