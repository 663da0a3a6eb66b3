import { describe, expect, it } from "vitest";
import { isPlainS3, ossAddress, s3Address } from "../../../shared/adapters/wire/address.ts";

describe("the address of a bucket", () => {
  it.each([
    [
      { bucket: "plain", region: "eu-central-1" },
      { hostname: "plain.s3.eu-central-1.amazonaws.com", path: "/", isSecure: true },
    ],
    [
      { bucket: "with.dots", region: "us-east-1" },
      { hostname: "s3.us-east-1.amazonaws.com", path: "/with.dots/", isSecure: true },
    ],
    [
      { bucket: "plain", region: "cn-north-1" },
      { hostname: "plain.s3.cn-north-1.amazonaws.com.cn", path: "/" },
    ],
    [
      { bucket: "plain", region: "us-east-1", endpoint: "http://127.0.0.1:9400" },
      { hostname: "127.0.0.1", port: 9400, host: "127.0.0.1:9400", path: "/plain/", isSecure: false },
    ],
    [
      { bucket: "plain", region: "us-east-1", endpoint: "s3.example.com" },
      { host: "s3.example.com", path: "/plain/", isSecure: true },
    ],
  ])("of S3 for %j", (options, expected) => {
    expect(s3Address(options)).toMatchObject(expected);
  });

  it.each([
    [{ region: "cn-hangzhou" }, { hostname: "plain.oss-cn-hangzhou.aliyuncs.com", isSecure: true, port: undefined }],
    [{ region: "oss-cn-hangzhou" }, { host: "plain.oss-cn-hangzhou.aliyuncs.com" }],
    [
      { region: "cn-hangzhou", endpoint: "oss-cn-hangzhou-internal.aliyuncs.com" },
      { host: "plain.oss-cn-hangzhou-internal.aliyuncs.com", isSecure: true },
    ],
    [{ region: "cn-hangzhou", endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com" }, { isSecure: false }],
    [
      { region: "cn-hangzhou", endpoint: "http://127.0.0.1:9411" },
      { hostname: "127.0.0.1", port: 9411, host: "plain.oss-cn-hangzhou.aliyuncs.com" },
    ],
  ])("of OSS for %j", (options, expected) => {
    expect(ossAddress({ bucket: "plain", ...options })).toMatchObject({ path: "/", ...expected });
  });

  it("names an endpoint that is no host", () => {
    expect(() => s3Address({ bucket: "plain", region: "us-east-1", endpoint: "http://[" })).toThrow(
      /s3:\/\/plain: its endpoint is no host name/,
    );
  });

  it.each([
    ["plain", "us-east-1", undefined, true],
    ["plain", "us-gov-west-1", undefined, true],
    ["plain", "us-iso-east-1", undefined, false],
    ["arn:aws:s3:us-east-1:123456789012:accesspoint/mine", "us-east-1", undefined, false],
    ["fast--use1-az4--x-s3", "us-east-1", undefined, false],
    ["plain", "anything", "http://127.0.0.1:9400", true],
  ])("of the bucket %s in %s at %s is known: %s", (bucket, region, endpoint, expected) => {
    expect(isPlainS3({ bucket, region, endpoint })).toBe(expected);
  });
});
