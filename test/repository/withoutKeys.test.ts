import { describe, expect, it } from "vitest";
import type { Watch } from "../../shared/model/config.ts";
import { checkEndpoint } from "../../shared/repository/endpoint.ts";
import { longestIntervalMs } from "../../shared/repository/interval.ts";
import { placeWithoutKeys, watchWithoutKeys } from "../../shared/repository/withoutKeys.ts";

const PLACE = { store: "s3" as const, bucket: "movies", basePath: "es", region: "eu-west-1" };
const WITH_KEYS = { ...PLACE, accessKeyId: "AKIA7", secretAccessKey: "s3cr3t-k3y" };
const SETTINGS = {
  bucket: "movies",
  base_path: "es",
  access_key: "AKIA7",
  secret_key: "s3cr3t-k3y",
  access_key_id: "AKIA7",
  secret_access_key: "s3cr3t-k3y",
};

describe("what is stored without keys", () => {
  it("keeps everything else of a place", () => {
    expect(placeWithoutKeys(WITH_KEYS)).toEqual(PLACE);
    expect(placeWithoutKeys(PLACE)).toEqual(PLACE);
  });

  it("keeps everything else of a watch, in its place and in its registration", () => {
    const watch = {
      blobs: WITH_KEYS,
      cluster: "target",
      register: { name: "moved", type: "s3", settings: SETTINGS },
      patienceMs: 7,
    } as unknown as Watch;
    const stored = watchWithoutKeys(watch);
    expect(JSON.stringify(stored)).not.toMatch(/s3cr3t-k3y/);
    expect(stored).toMatchObject({ blobs: PLACE, cluster: "target", patienceMs: 7, register: { name: "moved", type: "s3" } });
    expect(stored.register.settings).toMatchObject({ bucket: "movies", base_path: "es" });
  });
});

describe("an endpoint that is refused", () => {
  const shownOf = (endpoint: string) => checkEndpoint({ path: "endpoint", endpoint }).faults[0]?.value;

  it("is shown, unless it may hold a password", () => {
    expect(shownOf("ftp://oss-cn-hangzhou.aliyuncs.com")).toBe("ftp://oss-cn-hangzhou.aliyuncs.com");
    expect(shownOf("https://ops:s3cr3t-k3y@oss-cn-hangzhou.aliyuncs.com")).toBeNull();
  });
});

describe("a schedule with names", () => {
  const days = (cron: string) => (longestIntervalMs(cron) ?? 0) / 86_400_000;

  it.each(["FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])("in January and in %s", (month) => {
    const at = new Date(`1 ${month} 2027 UTC`);
    // The longer part of the year, in one with a leap day where that falls into it.
    const [before, after] = [at.getTime() - Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1) - at.getTime()].map((ms) => ms / 86_400_000);
    const longest = Math.max(before ?? 0, after ?? 0);
    expect([longest, longest + 1]).toContain(days(`0 0 0 1 JAN,${month} *`));
  });

  it.each(["MON", "TUE", "WED", "THU", "FRI", "SAT"])("on Sundays and on %s", (weekday) => {
    const number = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"].indexOf(weekday);
    expect(days(`0 0 0 * * SUN,${weekday}`)).toBe(Math.max(number, 7 - number));
  });
});
