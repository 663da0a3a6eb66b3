import { describe, expect, it } from "vitest";
import { resolveDateMath } from "../../../shared/plan/backup/dateMath.ts";

const AT = new Date("2026-11-28T18:05:09.123Z");

describe("date math in index names", () => {
  it.each([
    ["logs-2026", "logs-2026"],
    ["<logs-{now/d}>", "logs-2026.11.28"],
    ["-<logs-{now/d}-*>", "-logs-2026.11.28-*"],
    ["<logs-{now-1d/d}>", "logs-2026.11.27"],
    ["<logs-{now/M{yyyy.MM}}>", "logs-2026.11"],
    ["<logs-{now/M-1M{yyyy.MM}}>", "logs-2026.10"],
    ["<logs-{now/w}>", "logs-2026.11.23"],
    ["<logs-{now/y{uuuu-MM-dd}}>", "logs-2026-01-01"],
    ["<logs-{now/d{yyyy.MM.dd|+08:00}}>", "logs-2026.11.29"],
    ["<logs-{now{yyyyMMddHHmmss|-01:30}}-{now+1h/h{HH}}>", "logs-20261128163509-19"],
  ])("%s is %s", (pattern, resolved) => {
    expect(resolveDateMath(pattern, AT)).toEqual({ pattern: resolved });
  });

  it("ends a month's arithmetic on the last day of a shorter month", () => {
    expect(resolveDateMath("<l-{now-1M}>", new Date("2026-03-31T00:00:00Z"))).toEqual({ pattern: "l-2026.02.28" });
  });

  it.each(["<logs-{now/q}>", "<logs-{now/d{yyyy.ww}}>", "<logs-{now/d{yyyy|Asia/Shanghai}}>", "<logs-{today}>", "<logs-{now/d>"])(
    "rejects %s, which would otherwise name an index that never exists",
    (pattern) => {
      expect(resolveDateMath(pattern, AT)).toMatchObject({ fault: { code: "selection.dateMath", params: { pattern } } });
    },
  );
});
