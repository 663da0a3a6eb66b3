import { describe, expect, it } from "vitest";
import { printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { checkConfig, resolvedConfigText } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "./example.ts";

const VPC = { id: "vpc-bp1", vSwitches: ["vsw-a", "vsw-b"], securityGroup: "sg-1" };
const checked = (path: readonly (string | number)[], value: unknown, more: Record<string, string> = {}) =>
  checkConfig(exampleWith(path, value), { ...EXAMPLE_ENVIRONMENT, ...more });
const faultsOf = (path: readonly (string | number)[], value: unknown) => checked(path, value).faults.map(printConfigFault);

describe("deployment and vpc", () => {
  it("are optional, and kept as they are", () => {
    const { deployment, vpc } = checked(["version"], 1).config ?? {};
    expect([deployment, vpc]).toEqual([undefined, undefined]);
    expect(checked(["deployment"], "prod").config?.deployment).toBe("prod");
    expect(checked(["vpc"], VPC).config?.vpc).toEqual(VPC);
  });

  it.each<[string, readonly string[], unknown, RegExp]>([
    ["a name with capitals", ["deployment"], "Prod", /^deployment .*write at most 31 lower-case letters/],
    ["a VPC that is a switch", ["vpc"], { ...VPC, id: "vsw-a" }, /^vpc\.id .*not an id of the form vpc-….*"vsw-a"/],
    ["no vSwitch", ["vpc"], { ...VPC, vSwitches: [] }, /^vpc\.vSwitches /],
    ["no security group", ["vpc"], { id: VPC.id, vSwitches: VPC.vSwitches }, /^vpc\.securityGroup .*missing/],
    ["an unknown key", ["vpc"], { ...VPC, zone: "b" }, /^vpc\.zone .*unknown key/],
  ])("%s is a fault", (_, path, value, expected) => {
    expect(faultsOf(path, value)).toEqual([expect.stringMatching(expected)]);
  });
});

describe("endpoint: auto", () => {
  const place = { store: "oss", bucket: "moved", basePath: "elsewhere", region: "cn-hangzhou", endpoint: "auto" };
  const endpoints = (region: string | undefined) => {
    const { config, faults } = checked(["copies", "aws-to-oss", "to"], place, region === undefined ? {} : { FC_REGION: region });
    expect(faults).toEqual([]);
    return config?.copies["aws-to-oss"]?.to.endpoint;
  };

  it("is the internal address for a function of that region, and the public one for every other caller", () => {
    expect(endpoints("cn-hangzhou")).toBe("https://oss-cn-hangzhou-internal.aliyuncs.com");
    expect(endpoints("cn-beijing")).toBe("https://oss-cn-hangzhou.aliyuncs.com");
    expect(endpoints(undefined)).toBe("https://oss-cn-hangzhou.aliyuncs.com");
  });

  it("works for the state, for watches, repositories and migrations, and from a variable", () => {
    const state = { bucket: "ossnap-state", region: "cn-hangzhou", endpoint: `\${OSS}` };
    expect(checked(["state"], state, { OSS: "auto", FC_REGION: "cn-hangzhou" }).config?.state.endpoint).toBe(
      "https://oss-cn-hangzhou-internal.aliyuncs.com",
    );
    const watched = checked(["watches", "moved-movies", "blobs"], { ...place, basePath: "movies" }).config?.watches["moved-movies"];
    expect(watched?.blobs.endpoint).toBe("https://oss-cn-hangzhou.aliyuncs.com");
  });

  it("stays as written in a bundle, for the function to resolve", () => {
    expect(resolvedConfigText(exampleWith(["copies", "aws-to-oss", "to"], place))).toContain('"endpoint": "auto"');
  });

  it("needs a region, and a place on OSS", () => {
    const { region: _, ...nowhere } = place;
    expect(faultsOf(["copies", "aws-to-oss", "to"], nowhere)).toEqual([expect.stringMatching(/^copies\.aws-to-oss\.to\.region .*missing/)]);
    expect(faultsOf(["copies", "aws-to-oss", "to"], { ...place, store: "s3" })).toEqual([
      expect.stringMatching(/^copies\.aws-to-oss\.to\.endpoint .*auto, which is for store oss/),
    ]);
  });
});

describe("regions that disagree", () => {
  it("an internal address of another region than the state's is a fault, a public one is not", () => {
    const place = { store: "oss", bucket: "moved", basePath: "far", region: "cn-beijing" };
    const to = (endpoint: string) => faultsOf(["copies", "aws-to-oss", "to"], { ...place, endpoint });
    expect(to("https://oss-cn-beijing-internal.aliyuncs.com")).toEqual([
      expect.stringMatching(
        /^copies\.aws-to-oss\.to\.endpoint .*internal to cn-beijing, and the functions run in the state's region, cn-hangzhou/,
      ),
    ]);
    expect(to("https://oss-cn-beijing.aliyuncs.com")).toEqual([]);
  });
});
