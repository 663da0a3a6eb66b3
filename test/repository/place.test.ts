import { describe, expect, it } from "vitest";
import type { Place } from "../../shared/model/config.ts";
import { normalizePlace, overlapOf, placeId, placeOf, writtenPlaceId } from "../../shared/repository/place.ts";

describe("the place of a registered repository", () => {
  it("oss settings give every field", () => {
    const settings = {
      endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com",
      bucket: "b",
      base_path: "prod/",
      access_key_id: "AK",
      secret_access_key: "SK",
    };
    const place = {
      store: "oss",
      bucket: "b",
      basePath: "prod",
      endpoint: settings.endpoint,
      region: "cn-hangzhou",
      accessKeyId: "AK",
      secretAccessKey: "SK",
    };
    expect(placeOf({ type: "oss", settings })).toEqual(place);
    expect(placeOf({ type: "source", settings: { ...settings, delegate_type: "oss" } })).toEqual(place);
  });

  it("s3 settings give bucket and base path", () => {
    expect(placeOf({ type: "s3", settings: { bucket: "b", client: "default" } })).toEqual({ store: "s3", bucket: "b", basePath: "" });
  });

  it("settings of the oss client give the same as plain ones", () => {
    const settings = {
      bucket: "b",
      "oss.client.endpoint": "http://oss-cn-hangzhou.aliyuncs.com",
      "oss.client.access_key_id": "AK",
      "oss.client.secret_access_key": "SK",
    };
    expect(placeOf({ type: "oss", settings })).toMatchObject({ region: "cn-hangzhou", accessKeyId: "AK", secretAccessKey: "SK" });
  });

  it("s3 settings on OSS are read as OSS, at its own address", () => {
    const settings = { bucket: "b", endpoint: "https://s3.oss-cn-hangzhou-internal.aliyuncs.com", access_key: "AK", secret_key: "SK" };
    expect(placeOf({ type: "s3", settings })).toEqual({
      store: "oss",
      bucket: "b",
      basePath: "",
      endpoint: "https://oss-cn-hangzhou-internal.aliyuncs.com",
      region: "cn-hangzhou",
      accessKeyId: "AK",
      secretAccessKey: "SK",
    });
  });

  it.each(["fs", "gcs", "azure"] as const)("%s settings give none", (type) => {
    expect(placeOf({ type, settings: { location: "/srv", bucket: "b" } })).toBeUndefined();
  });

  it("a normalized place has the region of its endpoint and no trailing slash", () => {
    expect(normalizePlace({ store: "oss", bucket: "b", basePath: "a/", endpoint: "https://oss-cn-beijing.aliyuncs.com" })).toEqual({
      store: "oss",
      bucket: "b",
      basePath: "a",
      endpoint: "https://oss-cn-beijing.aliyuncs.com",
      region: "cn-beijing",
    });
    const odd: Place = { store: "s3", bucket: "b", basePath: "a", endpoint: "no address" };
    expect(normalizePlace(odd)).toStrictEqual(odd);
    expect(normalizePlace({ store: "directory", bucket: "/srv/blobs/", basePath: "" })).toEqual({
      store: "directory",
      bucket: "/srv/blobs",
      basePath: "",
    });
  });
});

describe("overlapping places", () => {
  const place = (basePath: string, more: Partial<Place> = {}): Place => ({
    store: "oss",
    bucket: "b",
    basePath,
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    ...more,
  });

  it.each([
    ["prod", "prod", "same"],
    ["prod/a", "prod", "inside"],
    ["prod", "prod/a", "contains"],
    ["", "prod", "contains"],
    ["prod", "production", undefined],
    ["prod/a", "prod/b", undefined],
  ])("%j to %j is %s", (one, other, overlap) => {
    expect(overlapOf(place(one), place(other))).toBe(overlap);
  });

  it("public, internal and S3 addresses of one region are the same store", () => {
    expect(overlapOf(place("a"), place("a", { endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com" }))).toBe("same");
    expect(overlapOf(place("a"), place("a", { store: "s3", endpoint: "https://s3.oss-cn-hangzhou.aliyuncs.com" }))).toBe("same");
    expect(overlapOf(place("a"), place("a", { endpoint: undefined, region: "cn-hangzhou" }))).toBe("same");
    expect(overlapOf(place("a"), place("a", { endpoint: "https://oss-cn-beijing.aliyuncs.com" }))).toBeUndefined();
    expect(overlapOf(place("a"), place("a", { bucket: "c" }))).toBeUndefined();
  });

  it("directories are compared by their whole path", () => {
    const one: Place = { store: "directory", bucket: "/srv/blobs", basePath: "a" };
    expect(overlapOf(one, { store: "directory", bucket: "/srv", basePath: "blobs/a" })).toBe("same");
    expect(overlapOf(one, place("a"))).toBeUndefined();
  });

  it.each<[string, Partial<Place>, Partial<Place>]>([
    ["the default port of http", { store: "s3", endpoint: "http://127.0.0.1:80" }, { store: "s3", endpoint: "http://127.0.0.1" }],
    ["the default port without a scheme", { store: "s3", endpoint: "127.0.0.1:80" }, { store: "s3", endpoint: "127.0.0.1" }],
    ["the default port of https", { store: "s3", endpoint: "https://minio:443" }, { store: "s3", endpoint: "https://minio" }],
    [
      "the networks of a finance region",
      { endpoint: "https://oss-cn-shanghai-finance-1-pub.aliyuncs.com" },
      { endpoint: "http://oss-cn-shanghai-finance-1-internal.aliyuncs.com" },
    ],
    [
      "a finance region and its public endpoint",
      { endpoint: undefined, region: "cn-shanghai-finance-1" },
      { endpoint: "https://oss-cn-shanghai-finance-1-pub.aliyuncs.com" },
    ],
    [
      "a directory's parents",
      { store: "directory", bucket: "/srv/x/../blobs", basePath: "./a" },
      { store: "directory", bucket: "/srv/blobs", basePath: "a" },
    ],
  ])("%s make no other identity", (_, one, other) => {
    expect(placeId(place("a", one))).toBe(placeId(place("a", other)));
    expect(overlapOf(place("a", one), place("a", other))).toBe("same");
  });

  it.each<[string, Partial<Place>, Partial<Place>]>([
    ["acceleration without a region", { endpoint: "https://oss-accelerate.aliyuncs.com" }, {}],
    [
      "acceleration overseas",
      { endpoint: "https://oss-accelerate-overseas.aliyuncs.com" },
      { endpoint: "https://oss-accelerate.aliyuncs.com" },
    ],
    ["this machine's names", { store: "s3", endpoint: "http://localhost:9000" }, { store: "s3", endpoint: "http://127.0.0.1:9000" }],
    ["a trailing dot", { store: "s3", endpoint: "http://minio.:9000" }, { store: "s3", endpoint: "http://minio:9000" }],
  ])("%s is the same place", (_, one, other) => {
    expect([overlapOf(place("a", one), place("a", other)), overlapOf(place("a", other), place("a", one))]).toEqual(["same", "same"]);
    expect(overlapOf(place("a", one), place("a", { ...other, bucket: "c" }))).toBeUndefined();
  });

  it("a bucket in China is of another partition, also behind an address that names no region", () => {
    const at = (endpoint: string | undefined, region?: string) => placeId(place("a", { store: "s3", endpoint, ...(region && { region }) }));
    const china = [at(undefined, "cn-north-1"), at("https://s3.amazonaws.com.cn", "cn-north-1"), at("s3.cn-north-1.amazonaws.com.cn")];
    expect(new Set(china)).toEqual(new Set(["amazonaws.com.cn/b/a"]));
    const others = [
      at(undefined),
      at(undefined, "eu-west-1"),
      at("https://s3.amazonaws.com", "eu-west-1"),
      at("s3-eu-west-1.amazonaws.com"),
    ];
    expect(new Set(others)).toEqual(new Set(["amazonaws.com/b/a"]));
  });

  it("another port is another store, and so is the other scheme's default port", () => {
    const at = (endpoint: string) => placeId(place("a", { store: "s3", endpoint }));
    expect(new Set([at("http://minio"), at("http://minio:8080"), at("http://minio:443"), at("http://minio:800")]).size).toBe(4);
  });

  it("a cluster's directories are compared as its nodes resolve them", () => {
    const at = (location: string) => writtenPlaceId("c", { type: "fs", settings: { location } }, undefined);
    expect(at("/srv/x/../backups/.")).toBe(at("/srv/backups"));
  });

  it("an identity differs by endpoint and bucket, and not by the network that a region's endpoint names", () => {
    const minio = (host: string): Place => ({
      store: "s3",
      bucket: "b",
      basePath: "a",
      endpoint: `http://${host}:9000`,
      region: "us-east-1",
    });
    const ids = [
      minio("one"),
      minio("two"),
      { store: "s3", bucket: "b", basePath: "a", region: "us-east-1" } as Place,
      { store: "s3", bucket: "b", basePath: "a", region: "cn-north-1" } as Place,
      place("a"),
      place("b"),
      place("a", { bucket: "c" }),
      { store: "directory", bucket: "/b/a", basePath: "" } as Place,
    ].map(placeId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const same of [
      { endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com" },
      { endpoint: undefined, region: "cn-hangzhou" },
      { endpoint: "https://oss-accelerate.aliyuncs.com", region: "cn-hangzhou" },
      { accessKeyId: "other" },
    ])
      expect(placeId(place("a", same))).toBe(placeId(place("a")));
  });
});
