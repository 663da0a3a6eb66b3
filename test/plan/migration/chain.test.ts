import { describe, expect, it } from "vitest";
import { chainFault, hopsBetween } from "../../../shared/plan/migration/chain.ts";

const made = (...versions: string[]) => versions.map((createdVersion, at) => ({ name: `i-${at}`, createdVersion }));

describe("the versions of a migration", () => {
  it.each([
    ["5.5.2", ["5.5.2"], "5.5.3"],
    ["5.5.2", ["2.4.6", "5.5.2"], "5.6.16"],
    ["5.5.2", ["5.5.2"], "6.8.23"],
    ["2.4.6", ["2.4.6"], "5.6.16"],
    ["6.8.23", ["6.8.23"], "7.10.2"],
    ["7.17.9", ["7.10.2"], "8.17.0"],
  ])("%s with indices of %j can end on %s", (source, created, target) => {
    expect(chainFault(source, made(...created), target)).toBeUndefined();
  });

  it.each([
    ["5.5.2", ["2.4.6", "5.5.2"], "6.8.23", "i-0", ["5.6.16"]],
    ["5.5.2", ["5.5.2"], "7.10.2", "i-0", ["6.8.23"]],
    ["7.10.2", ["7.10.2", "6.8.23"], "8.17.0", "i-1", ["7.17.29"]],
    ["1.7.6", ["1.7.6"], "7.10.2", "i-0", ["2.4.6", "5.6.16", "6.8.23"]],
  ])("%s with indices of %j needs hops to %s", (source, created, target, index, hops) => {
    expect(chainFault(source, made(...created), target)).toMatchObject({ code: "migration.tooOld", params: { index, hops } });
  });

  it("never lead to an older target", () => {
    expect(chainFault("7.10.2", made("7.10.2"), "6.8.23")?.code).toBe("migration.backwards");
    expect(chainFault("5.5.3", made("5.5.3"), "5.5.2")?.code).toBe("migration.backwards");
    expect(hopsBetween(5, 6)).toEqual([]);
  });
});
