import { describe, expect, it } from "vitest";
import { isAllowed } from "../../../../infra/local/ram/decide.ts";

const READ = { Effect: "Allow" as const, Action: ["oss:Get*"], Resource: ["acs:oss:*:*:movies/copied/*"] };
const allows = (action: string, key: string, ...statements: (typeof READ | { Effect: "Deny"; Action: string[]; Resource: string[] })[]) =>
  isAllowed([{ Statement: statements }], { action, resource: `acs:oss:*:*:${key}` });

describe("policies as the stand-ins enforce them", () => {
  it("allow what is named, and nothing else", () => {
    expect(allows("oss:GetObject", "movies/copied/index-1", READ)).toBe(true);
    expect(allows("oss:PutObject", "movies/copied/index-1", READ)).toBe(false);
    expect(allows("oss:GetObject", "movies/other/index-1", READ)).toBe(false);
    expect(allows("oss:GetObject", "moviesXcopied/index-1", READ)).toBe(false);
    expect(isAllowed([], { action: "oss:GetObject", resource: "*" })).toBe(false);
  });

  it("deny before they allow", () => {
    const deny = { Effect: "Deny" as const, Action: ["oss:*"], Resource: ["acs:oss:*:*:movies/copied/secret"] };
    expect(allows("oss:GetObject", "movies/copied/secret", READ, deny)).toBe(false);
    expect(allows("oss:GetObject", "movies/copied/open", READ, deny)).toBe(true);
  });

  it("hold a request to their conditions", () => {
    const list = {
      Effect: "Allow" as const,
      Action: ["oss:ListObjects"],
      Resource: ["acs:oss:*:*:movies"],
      Condition: { StringLike: { "oss:Prefix": ["copied/*"] } },
    };
    const listing = (prefix: string) =>
      isAllowed([{ Statement: [list] }], { action: "oss:ListObjects", resource: "acs:oss:*:*:movies", values: { "oss:Prefix": prefix } });
    expect([listing("copied/index"), listing(""), listing("other/")]).toEqual([true, false, false]);
  });

  it("are refused with a condition that nobody evaluates here", () => {
    const odd = { Effect: "Allow" as const, Action: ["*"], Condition: { IpAddress: { "acs:SourceIp": ["10.0.0.0/8"] } } };
    expect(() => isAllowed([{ Statement: [odd] }], { action: "oss:GetObject", resource: "a" })).toThrow("IpAddress");
  });
});
