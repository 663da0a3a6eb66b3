import { describe, expect, it } from "vitest";
import { addressId, checkEndpoint, ossEndpoint, parseEndpoint } from "../../shared/repository/endpoint.ts";
import { printFault } from "../../shared/repository/fault.ts";

describe("the identity of an address", () => {
  it.each([
    ["https://es.example.com", "HTTPS://user:pass@ES.example.com.:443/?pretty#top"],
    ["http://localhost:9200", "http://127.0.0.1:9200/"],
    ["http://[::1]:9200", "http://127.1:9200"],
    ["http://es:9200", "https://es:9200"],
    ["http://es/a/b", "http://es:80//a/b/"],
    ["http://1.2.3.4:9200", "http://[::ffff:1.2.3.4]:9200"],
    ["http://es/a-b/c", "http://es/a%2Db/%63"],
    ["https://minio", "https://minio:0443"],
    ["http://es", "https://es:80"],
    ["http://es/a%2fb", "http://es/a%2Fb"],
  ])("%s is that of %s", (one, other) => {
    expect(addressId(one)).toBe(addressId(other));
  });

  it.each([
    ["http://es:9200", "http://es:9201"],
    ["http://es/a", "http://es/b"],
    ["http://es/a/b", "http://es/ab"],
    ["http://es/a%zz", "http://es/b%zz"],
    ["http://es", "https://es"],
    ["http://es/a/b", "http://es/a%2Fb"],
    ["http://mylocalhost:9200", "http://127.0.0.1:9200"],
    ["http://localhost.lan:9200", "http://127.0.0.1:9200"],
  ])("%s is not that of %s", (one, other) => {
    expect(addressId(one)).not.toBe(addressId(other));
  });
});

describe("what is no address", () => {
  it("has no identity", () => {
    expect([addressId("es.example.com"), addressId("")]).toEqual([undefined, undefined]);
  });
});

describe("endpoints", () => {
  it.each([
    ["https://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", "public", undefined],
    ["http://oss-cn-hangzhou-internal.aliyuncs.com/", "cn-hangzhou", "internal", undefined],
    ["oss-ap-southeast-1.aliyuncs.com", "ap-southeast-1", "public", undefined],
    ["https://s3.oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou", "internal", undefined],
    ["https://oss-accelerate.aliyuncs.com", undefined, "accelerate", undefined],
    ["https://mine.oss-cn-beijing.aliyuncs.com", "cn-beijing", "public", "mine"],
    ["https://s3.us-east-1.amazonaws.com", "us-east-1", "other", undefined],
    ["s3-eu-west-1.amazonaws.com", "eu-west-1", "other", undefined],
    ["http://vpc100-oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", "internal", undefined],
    ["https://mine.cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou", "public", "mine"],
    ["https://oss-accelerate-overseas.aliyuncs.com", undefined, "accelerate", undefined],
    ["https://oss-cn-hangzhou.aliyuncs.com.", "cn-hangzhou", "public", undefined],
    ["https://mine.s3.amazonaws.com", undefined, "other", "mine"],
    ["https://s3-accelerate.amazonaws.com", undefined, "other", undefined],
    ["https://s3.fips.us-east-1.amazonaws.com", "us-east-1", "other", undefined],
    ["https://oss-cn-hangzhou.aliyuncs.com.example.com", undefined, "other", undefined],
    ["https://mine.cn-hangzhou.oss.aliyuncs.com.example.com", undefined, "other", undefined],
    ["https://s3.us-east-1.amazonaws.com.example.com", undefined, "other", undefined],
    ["https://s3.cn-north-1.amazonaws.com.cn:443", "cn-north-1", "other", undefined],
    ["http://127.0.0.1:9411", undefined, "other", undefined],
    ["http://[::1]:9411", undefined, "other", undefined],
  ])("%s is in %s, network %s", (text, region, network, bucket) => {
    expect(parseEndpoint(text)).toMatchObject({ region, network, bucket });
  });

  it.each(["", "ftp://a", "http://", "https://user:pass@oss-cn-hangzhou.aliyuncs.com", "https://host/path", "https://host?x=1", "a b"])(
    "%j is not an endpoint",
    (text) => {
      expect(parseEndpoint(text)).toBeUndefined();
    },
  );

  it("a host is read in lower case, with its port without leading zeros", () => {
    expect(parseEndpoint("HTTPS://minio")).toBeUndefined();
    expect(parseEndpoint("https://MinIO:00443/")).toMatchObject({ scheme: "https", host: "minio:443" });
    expect(parseEndpoint("MinIO")).toMatchObject({ scheme: "http", host: "minio" });
  });

  it("an endpoint is built from region and network", () => {
    expect(ossEndpoint("cn-hangzhou")).toBe("https://oss-cn-hangzhou.aliyuncs.com");
    expect(ossEndpoint("cn-hangzhou", { internal: true, scheme: "http" })).toBe("http://oss-cn-hangzhou-internal.aliyuncs.com");
    expect(parseEndpoint(ossEndpoint("cn-hangzhou", { internal: true }))).toMatchObject({ region: "cn-hangzhou", network: "internal" });
  });

  it("the public host of a finance region is built and read with its -pub", () => {
    expect(ossEndpoint("cn-shanghai-finance-1")).toBe("https://oss-cn-shanghai-finance-1-pub.aliyuncs.com");
    const read = parseEndpoint("https://oss-cn-shanghai-finance-1-pub.aliyuncs.com");
    expect(read).toMatchObject({ region: "cn-shanghai-finance-1", network: "public" });
    const endpoint = "https://oss-cn-shanghai-finance-1-pub.aliyuncs.com";
    expect(checkEndpoint({ path: "e", endpoint, region: "cn-shanghai-finance-1" }).faults).toEqual([]);
  });

  it("a region that differs from the endpoint's is a fault", () => {
    const { faults } = checkEndpoint({ path: "settings.endpoint", endpoint: "https://oss-cn-beijing.aliyuncs.com", region: "cn-hangzhou" });
    expect(faults.map(printFault)).toEqual([
      'settings.endpoint: lies in cn-beijing, the region beside it is cn-hangzhou: "https://oss-cn-beijing.aliyuncs.com", make both cn-beijing or both cn-hangzhou',
    ]);
  });

  it("the public endpoint of the caller's own region is a warning about traffic", () => {
    const report = checkEndpoint({ path: "endpoint", endpoint: "https://oss-cn-hangzhou.aliyuncs.com", callerRegion: "cn-hangzhou" });
    expect(report.faults).toEqual([]);
    expect(report.warnings.map(printFault)).toEqual([
      'endpoint: public: traffic within the region is charged as internet traffic: "https://oss-cn-hangzhou.aliyuncs.com", use https://oss-cn-hangzhou-internal.aliyuncs.com',
    ]);
  });

  it("the internal endpoint of another region is unreachable, its public one is accepted", () => {
    const internal = checkEndpoint({
      path: "endpoint",
      endpoint: "https://oss-cn-beijing-internal.aliyuncs.com",
      callerRegion: "cn-hangzhou",
    });
    expect(internal.faults.map(({ reason }) => reason.code)).toEqual(["endpoint.unreachable"]);
    const near = checkEndpoint({
      path: "endpoint",
      endpoint: "https://oss-cn-hangzhou-internal.aliyuncs.com",
      callerRegion: "cn-hangzhou",
    });
    expect(near).toEqual({ faults: [], warnings: [] });
    const far = checkEndpoint({ path: "endpoint", endpoint: "https://oss-cn-beijing.aliyuncs.com", callerRegion: "cn-hangzhou" });
    expect(far).toEqual({ faults: [], warnings: [] });
  });

  it("credentials in an endpoint are rejected without being shown", () => {
    const { faults } = checkEndpoint({ path: "endpoint", endpoint: "https://me:hunter2@oss-cn-beijing.aliyuncs.com" });
    expect(faults).toHaveLength(1);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });
});
