import { describe, expect, it } from "vitest";
import type { Place, Registration } from "../../shared/model/config.ts";
import {
  isOtherService,
  placeId,
  type Written,
  writersMeet,
  writeSamePlace,
  writesIntoIndices,
  writtenPlaceId,
} from "../../shared/repository/place.ts";

const ENDPOINT = "https://oss-cn-hangzhou.aliyuncs.com";
const on = (cluster: string, type: Registration["type"], settings: Registration["settings"], blobs?: Place): Written => ({
  cluster,
  registration: { type, settings },
  blobs,
});
const oss = (base_path: string, cluster = "a") => on(cluster, "oss", { endpoint: ENDPOINT, bucket: "b", base_path });
const fs = (location: string, cluster = "a") => on(cluster, "fs", { location });
const gcs = (base_path: string, bucket = "b", cluster = "a") => on(cluster, "gcs", { bucket, base_path });
const azure = (settings: Registration["settings"], cluster = "a") => on(cluster, "azure", settings);
/** A directory of nodes that ossnap.yaml says to be a bucket. */
const mounted = (basePath: string, cluster = "a") =>
  on(cluster, "fs", { location: "/mnt" }, { store: "oss", bucket: "b", basePath, endpoint: ENDPOINT });

/** Both ways, which never differ. */
const both = <T>(ask: (one: Written, other: Written) => T, one: Written, other: Written): T => {
  expect(ask(other, one)).toEqual(ask(one, other));
  return ask(one, other);
};

describe("two registrations", () => {
  it.each<[string, Written, Written, boolean]>([
    ["one bucket from two clusters", oss("prod"), oss("prod/", "c"), true],
    ["two folders of a bucket", oss("prod"), oss("test"), false],
    ["a bucket and a directory in which it is mounted", oss("prod"), mounted("prod"), true],
    ["a bucket and a directory in which another folder is mounted", oss("prod"), mounted("test"), false],
    ["two mounted directories", mounted("prod"), mounted("prod", "c"), true],
    ["one directory of a cluster", fs("/srv/a"), fs("/srv/x/../a/"), true],
    ["two directories of a cluster", fs("/srv/a"), fs("/srv/b"), false],
    ["directories of two clusters", fs("/srv/a"), fs("/srv/a", "c"), false],
    ["one gcs bucket from two clusters", gcs("x"), gcs("x/", "b", "c"), true],
    ["two gcs buckets", gcs("x"), gcs("x", "d"), false],
    ["azure with and without the name of its first client", azure({ container: "k" }), azure({ container: "k", client: "default" }), true],
    ["azure with two clients", azure({ container: "k" }), azure({ container: "k", client: "two" }), false],
    ["two azure containers", azure({ container: "k" }), azure({ container: "m" }), false],
    ["azure and gcs", azure({ container: "k" }), gcs("k", "a"), false],
    ["places that no setting tells", on("a", "gcs", {}), on("a", "gcs", {}), false],
  ])("write the same blobs or not: %s", (_, one, other, same) => {
    expect(both(writeSamePlace, one, other)).toBe(same);
  });

  it.each<[string, Written, Written, boolean]>([
    ["a folder and its indices", oss("prod"), oss("prod/indices"), true],
    ["a folder and one in its indices", oss("prod"), oss("prod/indices/a/b", "c"), true],
    ["a whole bucket and its indices", oss(""), oss("indices/x"), true],
    ["a bucket and the indices in a mounted directory", mounted("prod"), oss("prod/indices/x"), true],
    ["a folder and one beside its indices", oss("prod"), oss("prod/indices-2"), false],
    ["a folder and one below", oss("prod"), oss("prod/a"), false],
    ["one folder", oss("prod"), oss("prod"), false],
    ["a directory and its indices", fs("/srv/a"), fs("/srv/a/indices"), true],
    ["a directory and one in its indices", fs("/srv/a"), fs("/srv/a/indices/b"), true],
    ["a directory and one beside its indices", fs("/srv/a"), fs("/srv/a/indices2"), false],
    ["directories of two clusters", fs("/srv/a"), fs("/srv/a/indices", "c"), false],
    ["a gcs bucket and its indices", gcs(""), gcs("indices/x"), true],
    ["a place that no setting tells", on("a", "gcs", {}), gcs("indices"), false],
  ])("write into the indices of the other or not: %s", (_, one, other, isInside) => {
    expect(both(writesIntoIndices, one, other)).toBe(isInside);
  });

  it.each<[string, Written, Written, "nested" | "samePath" | undefined]>([
    ["a folder and one below", oss("prod"), oss("prod/a", "c"), "nested"],
    ["a bucket and a folder of a mounted directory", oss(""), mounted("prod"), "nested"],
    ["two folders", oss("prod"), oss("production"), undefined],
    ["one folder", oss("prod"), oss("prod"), undefined],
    ["a directory and one below", fs("/srv/a"), fs("/srv/a/b"), "nested"],
    ["a directory and one with a longer name", fs("/srv/a"), fs("/srv/ab"), undefined],
    ["one directory of a cluster", fs("/srv/a"), fs("/srv/a/."), undefined],
    ["one path on two clusters", fs("/srv/a"), fs("/srv/x/../a", "c"), "samePath"],
    ["two paths on two clusters", fs("/srv/a/b"), fs("/srv/ab", "c"), undefined],
    ["paths that are not absolute", fs("a"), fs("a", "c"), undefined],
    ["one path on two clusters, of which both are buckets", mounted("x"), mounted("y", "c"), undefined],
    ["a directory and a bucket of two clusters", fs("/srv/a"), gcs("a", "b", "c"), undefined],
    ["gcs folders of two clusters", gcs("a"), gcs("a/b", "b", "c"), "nested"],
    ["a place that no setting tells", on("a", "gcs", {}), gcs(""), undefined],
  ])("meet or not: %s", (_, one, other, meeting) => {
    expect(both(writersMeet, one, other)).toBe(meeting);
  });
});

describe("where a registration writes", () => {
  // Stored with what is known of a place: another text for the same place would lose it.
  it("has a name by type, cluster and path", () => {
    const idOf = ({ cluster, registration, blobs }: Written) => writtenPlaceId(cluster, registration, blobs);
    expect(
      [fs("/srv//a/../b"), gcs("x//y"), azure({ account: "m", container: "k", base_path: "x" }), on("a", "gcs", {})].map(idOf),
    ).toEqual(["fs/a/srv/b", "gcs/b/x/y", "azure/a/m/k/x", undefined]);
    expect([oss("x"), mounted("x/")].map(idOf)).toEqual(["oss-cn-hangzhou/b/x", "oss-cn-hangzhou/b/x"]);
    expect(placeId({ store: "s3", bucket: "b", basePath: "x" })).toBe("amazonaws.com/b/x");
  });
});

describe("two places", () => {
  const at = (endpoint?: string, region?: string): Place => ({ store: "s3", bucket: "b", basePath: "", endpoint, region }) as Place;
  it.each<[string, Place, Place, boolean]>([
    ["two regions of OSS", at(ENDPOINT), at("https://oss-cn-beijing.aliyuncs.com"), true],
    ["OSS and AWS", at(ENDPOINT), at(undefined, "eu-central-1"), true],
    ["AWS and AWS in China", at(undefined, "eu-central-1"), at(undefined, "cn-north-1"), true],
    ["two networks of a region", at(ENDPOINT), at("http://oss-cn-hangzhou-internal.aliyuncs.com"), false],
    ["OSS and a host that may stand before it", at(ENDPOINT), at("http://my-oss-proxy:9000"), false],
    ["OSS and a place without an address", at(ENDPOINT), at(), false],
    ["OSS and a directory", at(ENDPOINT), { store: "directory", bucket: "/srv", basePath: "" }, false],
  ])("are of different services or not: %s", (_, one, other, isOther) => {
    expect([isOtherService(one, other), isOtherService(other, one)]).toEqual([isOther, isOther]);
  });
});
