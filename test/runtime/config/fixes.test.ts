import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "./example.ts";

type Path = (string | number)[];

/** What people write, with odd ones among it. */
const texts = (...usual: string[]) =>
  fc.oneof(
    fc.constantFrom(...usual),
    fc.tuple(fc.constantFrom(...usual), fc.constantFrom("", " ", "x", ",", "/", "A", "-", "0")).map(([one, more]) => one + more),
    fc.string({ maxLength: 12 }),
  );

const FIELDS: [Path, fc.Arbitrary<unknown>][] = [
  [["state", "region"], texts("oss-cn-hangzhou", "oss-cn-hangzhou-internal", "oss-", "cn-hangzhou", "oss-oss-cn")],
  [["state", "bucket"], texts("a/b", "/a", "a//b/", "Bucket", "state")],
  [
    ["backups", "nightly", "schedule", "cron"],
    texts("30 1 * * *", "0 0/30 * * * ?", "0 0/0 * * * *", "@daily", "0 0 1 * * 1", "0/5 * * * * *"),
  ],
  [["backups", "nightly", "schedule", "timeZone"], texts("CST", "EST", "Asia/Shanghi", "+08:00", "Etc/GMT+8")],
  [["backups", "nightly", "schedule", "missed"], texts("skp", "runn", "RUN")],
  [["backups", "nightly", "patience"], texts("4 hours", "0s", "4", "4H")],
  [["backups", "nightly", "indices", 0], texts("Logs-*", "a,B", "a,,b", ",", "lo gs", "Lo Gs", "İx", "-A")],
  [["backups", "nightly", "keep", "within"], texts("7m", "0m", "7 m", "7")],
  [["repositories", "nightly-oss", "register", "settings", "chunk_size"], texts("5gb", "1.5gb", "100", "1", "1kb", "1.5", "0.1b")],
  [["repositories", "nightly-oss", "register", "settings", "bucket"], texts("a/b", "/a/b/", "//", "/")],
  [["repositories", "nightly-oss", "register", "settings", "compress"], texts("yes", "TRUE", "tru")],
  [["repositories", "nightly-oss", "register", "type"], texts("os", "S3", "gcp")],
  [["clusters", "target", "url"], texts("es:9200", "http://a@b", "http://es/?x=1", "https://")],
];

/** The value that a fix proposes; `undefined` for one that explains. */
function proposed(fix: string): unknown {
  // One field of a cron expression: test/runtime/config/cron.test.ts.
  if (/^write [\d*-]+\/\d+$/.test(fix)) return undefined;
  const [, list] = /^write (\[.*\])$/.exec(fix) ?? [];
  if (list !== undefined) return JSON.parse(list);
  const word = /^(?:write|use|did you mean) "?([^\s",;]+?)"?\??$/.exec(fix)?.[1];
  const quoted = /^(?:write|did you mean) "([^"]+)"\??$/.exec(fix)?.[1];
  return quoted ?? word;
}

function faultsAt(path: Path, value: unknown): { wrong: string; fix: string }[] {
  const { faults } = checkConfig(exampleWith(path, value), EXAMPLE_ENVIRONMENT);
  const name = path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
  return faults.filter((fault) => fault.path === name && fault.reason.code !== "config.samePlace");
}

describe("a proposed value", () => {
  it.each(FIELDS)("is accepted by the check that proposes it: %j", (path, values) => {
    fc.assert(
      fc.property(values, (value) => {
        for (const { fix } of faultsAt(path, value)) {
          const meant = proposed(fix);
          if (meant === undefined) continue;
          const again = Array.isArray(meant) ? meant.flatMap((one) => faultsAt(path, one)) : faultsAt(path, meant);
          expect([value, fix, again.map(({ wrong }) => wrong)]).toEqual([value, fix, []]);
        }
      }),
      { numRuns: 40 },
    );
  });
});
