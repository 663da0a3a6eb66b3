import { describe, expect, it } from "vitest";
import { messageOf } from "../../../shared/model/errors.ts";
import { configFaults } from "../../../shared/runtime/config/configError.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { errorOf } from "./example.ts";

interface Sections {
  state?: unknown;
  repositories?: Record<string, unknown>;
  watches?: Record<string, unknown>;
  copies?: Record<string, unknown>;
}

const REGION = "cn-hangzhou";
const OSS = { endpoint: "https://oss-cn-hangzhou.aliyuncs.com", access_key_id: "AK", secret_access_key: "SK" };
const watch = (blobs: object, location = "/srv/w") => ({
  cluster: "one",
  blobs,
  register: { name: "watched", type: "fs", settings: { location } },
  restore: { indices: ["a"] },
});

function textOf({ state = { bucket: "state", region: REGION }, repositories = {}, watches = {}, copies = {} }: Sections): string {
  const clusters = {
    one: { url: "https://one.example.com" },
    two: { url: "https://two.example.com" },
    again: { url: "HTTPS://One.Example.com.:443/" },
  };
  return JSON.stringify({ version: 1, state, clusters, repositories, watches, copies });
}

function faultsOf(sections: Sections): string[] {
  const { faults } = checkConfig(textOf(sections), {});
  return faults.map(({ path, wrong }) => `${path}: ${wrong}`);
}

const fs = (location: string, cluster = "one", blobs?: object, settings = {}) => ({
  cluster,
  register: { type: "fs", settings: { location, ...settings } },
  ...(blobs === undefined ? {} : { blobs }),
});
const oss = (base_path: string, cluster = "one", settings = {}) => ({
  cluster,
  register: { type: "oss", settings: { ...OSS, bucket: "blobs", base_path, ...settings } },
});

describe("two writable repositories at one place", () => {
  const both = (a: unknown, b: unknown) => faultsOf({ repositories: { a, b } });
  const WRONG = "repositories.b.register: writes the place of repositories.a, which is writable too";

  it.each<[string, unknown, unknown]>([
    ["oss on two clusters", oss("p"), oss("p/", "two")],
    ["by the public and the internal endpoint", oss("p"), oss("p", "two", { endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com" })],
    [
      "by type oss and by type s3",
      oss("p"),
      { cluster: "two", register: { type: "s3", settings: { bucket: "blobs", base_path: "p", endpoint: OSS.endpoint } } },
    ],
    [
      "plain and source-only",
      oss("p"),
      { cluster: "one", register: { type: "source", settings: { ...oss("p").register.settings, delegate_type: "oss" } } },
    ],
    ["one directory of one cluster", fs("/srv/a"), fs("/srv/a/")],
    ["one directory through a dot", fs("/srv/./a"), fs("/srv//b/../a")],
    ["one location, with blobs at one of the two", fs("/srv/a", "one", { store: "directory", bucket: "/srv/a" }), fs("/srv/a")],
    ["one location of one cluster under two names", fs("/srv/a", "one"), fs("/srv/a", "again")],
    ["by the acceleration endpoint", oss("p"), oss("p", "two", { endpoint: "https://oss-accelerate.aliyuncs.com" })],
    ["by the earlier internal endpoint", oss("p"), oss("p", "two", { endpoint: "http://vpc100-oss-cn-hangzhou.aliyuncs.com" })],
    ["by the endpoint with IPv6", oss("p"), oss("p", "two", { endpoint: "https://cn-hangzhou.oss.aliyuncs.com" })],
    ["by a name with a trailing dot", oss("p"), oss("p", "two", { endpoint: "https://oss-cn-hangzhou.aliyuncs.com." })],
    [
      "one bucket of Google's",
      { cluster: "one", register: { type: "gcs", settings: { bucket: "blobs" } } },
      { cluster: "two", register: { type: "gcs", settings: { bucket: "blobs" } } },
    ],
    [
      "one container of Azure, of which one names the client that both use",
      { cluster: "one", register: { type: "azure", settings: { container: "c" } } },
      { cluster: "one", register: { type: "azure", settings: { container: "c", client: "default" } } },
    ],
    ["by a port with a zero", oss("p", "one", { endpoint: "https://minio" }), oss("p", "two", { endpoint: "https://minio:0443" })],
    [
      "blobs that are the same",
      fs("/a/x", "one", { store: "directory", bucket: "/data/x" }),
      fs("/b/x", "two", { store: "directory", bucket: "/data/x" }),
    ],
  ])("is refused: %s", (_, a, b) => {
    expect(both(a, b)).toEqual([WRONG]);
  });

  it.each<[string, unknown, unknown]>([
    ["one of them reads only", oss("p"), oss("p", "two", { readonly: true })],
    ["another base path", oss("p"), oss("q")],
    ["the same path on other machines", fs("/srv/a"), fs("/srv/a", "two")],
    ["buckets of one name in two regions", oss("p"), oss("p", "two", { endpoint: "https://oss-cn-beijing.aliyuncs.com" })],
  ])("is accepted: %s", (_, a, b) => {
    expect(both(a, b)).toEqual([]);
  });

  it.each<[string, unknown, unknown]>([
    ["of a directory", fs("/a"), fs("/a/indices")],
    ["of a directory, the other way round", fs("/a/indices/x"), fs("/a")],
    ["of a bucket", oss("p"), oss("p/indices", "two")],
  ])("is refused below the indices of the other: %s", (_, a, b) => {
    expect(both(a, b)).toEqual([expect.stringContaining('writes into the folder "indices" of repositories.a')]);
  });

  it("is accepted beside the indices of the other", () => {
    expect(both(fs("/a"), fs("/a/other"))).toEqual([]);
  });

  it.each<[string, unknown, unknown, string[]]>([
    ["below the other, on one cluster", fs("/a"), fs("/a/other"), ["below or above repositories.a"]],
    ["above the other, in a bucket", oss("p/q"), oss("p", "two"), ["below or above repositories.a"]],
    ["the same path on two clusters", fs("/srv/a"), fs("/srv//a/", "two"), ["has the location of repositories.a on another cluster"]],
    ["another path", fs("/srv/a"), fs("/srv/ab", "two"), []],
    ["the same relative path, which each cluster resolves", fs("a"), fs("a", "two"), []],
    [
      "blobs that differ",
      fs("/srv/a", "one", { store: "directory", bucket: "/mnt/1" }),
      fs("/srv/a", "two", { store: "directory", bucket: "/mnt/2" }),
      [],
    ],
  ])("is told of: %s", (_, a, b, told) => {
    const { warnings } = checkConfig(textOf({ repositories: { a, b } }), {});
    const ofWriters = warnings.filter(({ path }) => path.endsWith(".register"));
    expect(ofWriters.map(({ wrong }) => wrong)).toEqual(told.map((text) => expect.stringContaining(text)));
  });

  it("names the way out", () => {
    const [fault] = configFaults(errorOf(textOf({ repositories: { a: oss("p"), b: oss("p", "two") } })));
    expect(fault).toMatchObject({ reason: { code: "config.twoWriters", params: { other: "a" } } });
    expect(fault?.fix).toContain("readonly: true");
  });
});

describe("two watches of one cluster under two names", () => {
  const place = (bucket: string) => ({ store: "directory", bucket });
  const serving = (cluster: string, name: string, bucket: string) => ({
    ...watch(place(bucket), bucket),
    cluster,
    register: { name, type: "fs", settings: { location: bucket } },
    restore: { indices: ["a"], alias: "screen" },
  });

  it("may not move one alias", () => {
    expect(faultsOf({ watches: { a: serving("one", "left", "/srv/l"), b: serving("again", "right", "/srv/r") } })).toEqual([
      "watches.b.restore.alias: the alias of watches.a on the same cluster, which each would take from the other",
    ]);
    expect(faultsOf({ watches: { a: serving("one", "left", "/srv/l"), b: serving("two", "right", "/srv/r") } })).toEqual([]);
  });

  it("may not register one name", () => {
    const other = { ...serving("again", "left", "/srv/r"), restore: { indices: ["a"] } };
    expect(faultsOf({ watches: { a: serving("one", "left", "/srv/l"), b: other } })).toEqual([
      "watches.b.register.name: taken on that cluster by watches.a",
    ]);
  });
});

describe("a copy from a repository that is only read", () => {
  const place = (basePath: string) => ({ store: "oss", bucket: "blobs", basePath, region: REGION });
  const copied = (repository: object, to: string) =>
    faultsOf({ repositories: { a: repository }, copies: { k: { from: "a", to: place(to) } } });

  it("is refused onto that repository's own place, and accepted into a prefix of its own", () => {
    const wrong = ["copies.k.to: nothing would be copied: it is the same as repositories.a"];
    expect(copied({ cluster: "one", blobs: place("p") }, "p")).toEqual(wrong);
    expect(copied(oss("p", "one", { readonly: true }), "p")).toEqual(wrong);
    expect(copied({ cluster: "one", blobs: place("p") }, "q")).toEqual([]);
  });
});

describe("the state beside blobs", () => {
  const state = (prefix: string) => ({ bucket: "blobs", prefix, region: REGION });
  const place = (basePath: string) => ({ store: "oss", bucket: "blobs", basePath, region: REGION });

  it.each([
    ["below", "p/state", "p"],
    ["above", "p", "p/blobs"],
    ["the same as", "p", "p"],
  ])("%s a repository or a watch is refused", (how, prefix, basePath) => {
    expect(faultsOf({ state: state(prefix), repositories: { a: oss(basePath) } })).toEqual([
      `state: overlaps a repository's blobs: it is ${how} repositories.a`,
    ]);
    expect(faultsOf({ state: state(prefix), repositories: { a: oss(basePath, "one", { readonly: true }) } })).toHaveLength(1);
    expect(faultsOf({ state: state(prefix), repositories: { a: fs("/a", "one", place(basePath)) } })).toHaveLength(1);
    expect(faultsOf({ state: state(prefix), watches: { w: watch(place(basePath)) } })).toEqual([
      `state: overlaps a watch, which would see the state's own writes: it is ${how} watches.w.blobs`,
    ]);
  });

  it.each([
    ["below", "/mnt/repo/state"],
    ["the same as", "/mnt/repo/"],
    ["above", "/mnt"],
  ])("%s the location of an fs repository without blobs is refused", (how, bucket) => {
    const own = { store: "directory", bucket };
    expect(faultsOf({ state: own, repositories: { a: fs("/mnt/repo", "one") } })).toEqual([
      `state: overlaps a repository's blobs: it is ${how} repositories.a`,
    ]);
    expect(faultsOf({ state: own, repositories: { a: fs("/mnt/repository", "one") } })).toHaveLength(how === "above" ? 1 : 0);
    expect(faultsOf({ state: own, repositories: { a: fs("repo", "one") } })).toEqual([]);
  });

  it("beside them it is accepted", () => {
    expect(faultsOf({ state: state("states"), repositories: { a: oss("state") }, watches: { w: watch(place("watched")) } })).toEqual([]);
  });
});

describe("a registration and blobs that cannot be the same place", () => {
  const directory = (bucket: string, basePath = "") => ({ store: "directory", bucket, basePath });
  const of = (repository: unknown) => faultsOf({ repositories: { a: repository } });

  it.each([
    ["/srv/a", directory("/srv/b")],
    ["/srv/a", directory("/srv", "b")],
    ["/srv/a", directory("/srv/a/deep")],
    ["/srv/a/deep", directory("/srv/a")],
  ])("location %s and %j is refused", (location, blobs) => {
    expect(of(fs(location, "one", blobs))).toEqual([
      `repositories.a.blobs.bucket: cannot be register.settings.location, which is ${location}`,
    ]);
  });

  it.each([
    ["/srv/a", directory("/srv/a/")],
    ["/srv/a", directory("/srv", "a")],
    ["/snapshots", directory("/data/es")],
    ["/mnt/nas/snapshots", directory("/mnt/auto/snapshots")],
    ["relative", directory("/data/es")],
    ["/srv/a", { store: "s3", bucket: "blobs", region: "us-east-1" }],
  ])("location %s and %j may be one place, by a mount", (location, blobs) => {
    expect(of(fs(location, "one", blobs))).toEqual([]);
  });

  it("one location of a cluster with two places is refused", () => {
    const blobs = { store: "oss", bucket: "blobs", basePath: "p", region: REGION };
    const other = { ...blobs, basePath: "q" };
    const repositories = { a: fs("/srv/a", "one", blobs, { readonly: true }) };
    expect(faultsOf({ repositories, watches: { w: watch(other, "/srv/a/") } })).toEqual([
      "watches.w.blobs: not the blobs of repositories.a, which has the same location on that cluster",
    ]);
    expect(faultsOf({ repositories, watches: { w: watch(blobs, "/srv/a") } })).toEqual([]);
  });

  it("another service or region is refused", () => {
    const blobs = (more: object) => ({ store: "oss", bucket: "blobs", basePath: "p", ...more });
    const wrong = "repositories.a.blobs: at another service or region than register.settings say";
    expect(of({ ...oss("p"), blobs: blobs({ region: "cn-beijing" }) })).toEqual([wrong]);
    expect(of({ ...oss("p"), blobs: { ...blobs({ region: "us-east-1" }), store: "s3" } })).toEqual([wrong]);
    expect(of({ ...oss("p"), blobs: blobs({ region: REGION }) })).toEqual([]);
    expect(of({ ...oss("p"), blobs: blobs({ endpoint: "http://127.0.0.1:9411", region: REGION }) })).toEqual([]);
    const azure = { cluster: "one", register: { type: "azure", settings: { container: "c" } }, blobs: blobs({ region: REGION }) };
    expect(of(azure)).toEqual(["repositories.a.blobs.store: cannot be the place of a repository of type azure"]);
  });

  it("store s3 at an endpoint of OSS is refused, because the client's path style is", () => {
    const blobs = { store: "s3", bucket: "blobs", basePath: "", endpoint: OSS.endpoint, region: REGION };
    expect(messageOf(errorOf(textOf({ repositories: { a: fs("/a", "one", blobs) } })))).toContain(
      'repositories.a.blobs.store (line 1): s3 at an endpoint of OSS, which refuses the path style: "s3", write oss',
    );
  });
});
