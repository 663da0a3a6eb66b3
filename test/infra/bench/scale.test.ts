import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { benchScale, copyHours, GBITS, growthPerYear, LEFT_BYTES, liveListing, RECORD_BYTES } from "../../../infra/bench/scale/scale.ts";
import { idleMonth, monthlyCost } from "../../../infra/deploy/cost/monthlyCost.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { NIGHTLY, testConfig, testWorld } from "../../world/world.ts";

const text = readFileSync("docs/scale.md", "utf8");
const rowsWith = (start: string) => text.split("\n").filter((line) => line.startsWith(`| ${start}`));
const numbers = (value: number) => value.toLocaleString("en-US");
const FINISHED = "test/golden/state/finished";

describe("docs/scale.md", () => {
  const { liveListing: listing, copyHoursOf10TiB: hours, copyLog, growthPerYear: growth, copiesAtOnce } = benchScale();

  it.each([
    ["200 policies", `${numbers(listing.policies200.keys)} keys, ${listing.policies200.pages} page`],
    ["200 policies", `${listing.policies200.policiesOfOnePage} policies`],
    ["1,000 policies", `${numbers(listing.policies1000.keys)} keys, ${listing.policies1000.pages} pages`],
    ["4 instances", `| ${hours.workers4} |`],
    ["20 instances", `| ${hours.workers20} |`],
    ["100 instances |", `| ${hours.workers100} |`],
    ["a small region", `| ${hours.smallRegion} |`],
    ["copies at once", `${copiesAtOnce.most}, with 4 tasks`],
    ["requests per second", numbers(copiesAtOnce.requestsPerSecond)],
    ["`done/`", `${numbers(growth.policies200.done.objects)} objects, ${growth.policies200.done.megabytes} MB`],
    ["`history/`", `${numbers(growth.policies200.history.objects)} objects, ${growth.policies200.history.megabytes} MB`],
    ["`evidence/`", `${numbers(growth.policies200.evidence.objects)} objects, ${growth.policies200.evidence.megabytes} MB`],
  ])("says of %s what `bench -- scale` prints: %s", (row, figure) => {
    expect(rowsWith(row).some((line) => line.includes(figure))).toBe(true);
  });

  it.each([
    ["1 M blobs", copyLog.blobs1M],
    ["10 TiB in 100,000", copyLog.bytes10TiB],
    ["10 M blobs, 10", copyLog.blobs10M],
  ])("says of the log of %s what `bench -- scale` prints", (row, log) => {
    const cells = [log.pieces, log.batches, log.records, log.logKilobytes].map(numbers);
    expect(rowsWith(row)[0]).toContain(`| ${cells.join(" | ")} KB |`);
  });

  it("says of an idle month what the plan of a deployment says", () => {
    const some = { moved: {} } as unknown as Parameters<typeof idleMonth>[0]["watches"];
    const copies = { move: { after: "nightly" } } as unknown as Parameters<typeof idleMonth>[0]["copies"];
    const use = idleMonth({ watches: some, copies });
    const { cu, cny } = monthlyCost(use);
    expect(text.replace(/\s+/g, " ")).toContain(`${numbers(use.oss.putRequests)} Put requests a month`);
    expect(text).toContain(`${numbers(Math.round(cu))} CU, CNY ${cny.functions.toFixed(2)}`);
    expect(text).toContain(`CNY ${cny.requests.toFixed(2)} of OSS`);
  });

  it("names only benches that there are, and is linked from the README", () => {
    const bench = readFileSync("infra/bench/bench.ts", "utf8");
    const named = [...text.matchAll(/npm run bench -- (\w+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !new RegExp(`^    ${name}(:|,)`, "m").test(bench))).toEqual([]);
    expect(readFileSync("README.md", "utf8")).toContain("(docs/scale.md)");
  });
});

describe("what the arithmetic starts from", () => {
  it.each(Object.entries(LEFT_BYTES))("%s leaves as many bytes as a real state has", (name, bytes) => {
    const [area = "", kind = ""] = name.split("/");
    const files = readdirSync(join(FINISHED, area), { recursive: true, encoding: "utf8" })
      .map((file) => join(FINISHED, area, file))
      .filter((file) => statSync(file).isFile() && file.includes(`/${kind === "backup" ? "backup-nightly" : kind}`));
    expect(files.map((file) => statSync(file).size)).toContain(bytes);
  });

  it("a copy's log has three records for each batch and six others, each of which holds counters", () => {
    const [history = ""] = readdirSync(join(FINISHED, "history")).filter((file) => file.startsWith("copy-"));
    expect(JSON.parse(readFileSync(join(FINISHED, "history", history), "utf8"))).toHaveLength(3 * 5 + 6);
    const [log = ""] = readdirSync("test/golden/state/open/live/jobs").filter((name) => name.startsWith("copy-"));
    const folder = join("test/golden/state/open/live/jobs", log);
    const sizes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(RECORD_BYTES);
  });

  it("a tick of 200 policies of which none is due makes one request to the state", async () => {
    const world = await testWorld({
      config: testConfig((config) => {
        config.watches = {};
        config.backups = Object.fromEntries(
          Array.from({ length: 200 }, (_, at) => [`policy-${at}`, { ...NIGHTLY, indices: [`index-${at}`] }]),
        );
      }),
      start: "2026-11-21T12:00:00Z",
    });
    await advanceJobs(await world.open());
    const calls: string[] = [];
    const counting = new Proxy(world.state, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          calls.push(`${String(name)} ${String(args[0])}`);
          return Reflect.apply(member, target, args);
        };
      },
    });
    world.state = counting;
    world.advance(60_000);
    const opened = await world.open();
    await advanceJobs({ ...opened, state: counting });
    expect(calls).toEqual([]);
    expect((await world.stateKeys("live/")).length).toBeLessThanOrEqual(liveListing(200, 0).keys);
  });

  it("bytes take the time of the narrowest part", () => {
    expect(copyHours(1e12, 4, GBITS.largeRegion)).toBe(copyHours(1e12, 4, 4));
    expect(copyHours(1e12, 50, GBITS.largeRegion)).toBe(copyHours(1e12, 20, GBITS.largeRegion));
    expect(growthPerYear(2).done.objects).toBe(2 * growthPerYear(1).done.objects);
  });
});
