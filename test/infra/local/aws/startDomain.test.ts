import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Caller, refusalOf } from "../../../../infra/local/aws/domainRules.ts";
import { type Domain, startDomain } from "../../../../infra/local/aws/startDomain.ts";
import { elasticsearchCluster } from "../../../../shared/adapters/elasticsearch/cluster.ts";
import { type FakeServer, fakeServer } from "../../../adapters/elasticsearch/fakeServer.ts";

const ROLE = "arn:aws:iam::123456789012:role/SnapshotRole";
const OWNER = {
  accessKeyId: "AKIDOWNER",
  secretAccessKey: "planted-owner",
  arn: "arn:aws:iam::123456789012:user/owner",
  actions: ["es:ESHttp*"],
  passes: [ROLE],
};
const READER = {
  accessKeyId: "AKIDREADER",
  secretAccessKey: "planted-reader",
  arn: "arn:aws:iam::123456789012:user/reader",
  actions: ["es:ESHttpGet"],
  passes: [],
};

let server: FakeServer;
let domain: Domain;
beforeAll(async () => {
  const state = {
    metadata: { cluster_uuid: "u", indices: { movies: { state: "open", aliases: [], settings: { index: { uuid: "i" } } } } },
  };
  server = await fakeServer(({ method, url }) => {
    if (method === "PUT") return { body: { acknowledged: true } };
    if (url.startsWith("/_cluster/state")) return { body: state };
    if (url.startsWith("/_all/_settings")) return { body: { movies: { settings: { index: { uuid: "i" } } } } };
    return { body: { backups: { type: "fs", settings: { location: "/buckets/movies/prod" } } } };
  });
  domain = await startDomain({
    target: server.url,
    version: "5.5.2",
    region: "eu-west-1",
    callers: [OWNER, READER],
    bucketRoot: "/buckets",
    port: 0,
  });
});
afterAll(async () => {
  await domain.close();
  await server.close();
});

function clusterOf(keys: { accessKeyId: string; secretAccessKey: string } | undefined, region = "eu-west-1") {
  return elasticsearchCluster({ name: "source", url: domain.url, ...(keys && { aws: { region, keys: async () => keys } }) });
}

describe("the stand-in for Amazon's managed service", () => {
  it("translates a registration of S3 into a directory of the server, and shows it as it was given", async () => {
    const cluster = clusterOf(OWNER);
    const settings = {
      bucket: "movies",
      base_path: "prod",
      region: "eu-west-1",
      role_arn: ROLE,
      server_side_encryption: true,
      compress: true,
    };
    await cluster.putRepository({ name: "backups", type: "s3", settings }, { verify: true });
    expect(server.requests.at(-1)?.body).toEqual({ type: "fs", settings: { compress: true, location: "/buckets/movies/prod" } });
    const texts = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
    expect(await cluster.listRepositories()).toEqual([
      { name: "cs-automated", type: "s3", settings: {} },
      { name: "backups", type: "s3", settings: texts },
    ]);
  });

  it("leaves the settings of indices out of the cluster's state", async () => {
    const signed = clusterOf(OWNER);
    const before = server.requests.length;
    expect(await signed.listIndices()).toMatchObject([{ name: "movies", uuid: "i" }]);
    expect(server.requests.slice(before).map(({ url }) => url.split("?")[0])).toEqual([
      "/_cluster/state/metadata,blocks",
      "/_all/_settings",
    ]);
  });

  it.each([
    ["without a signature", undefined, "eu-west-1", /User: anonymous is not authorized to perform: es:ESHttpGet/],
    [
      "of an unknown key",
      { accessKeyId: "AKIDNOBODY", secretAccessKey: "x" },
      "eu-west-1",
      /security token included in the request is invalid/,
    ],
    ["with a wrong secret", { ...OWNER, secretAccessKey: "x" }, "eu-west-1", /does not match the signature you provided/],
    ["for another region", OWNER, "us-east-1", /scoped to a valid region, not 'us-east-1'/],
  ])("refuses a request %s, before it reaches the server", async (_how, keys, region, message) => {
    const before = server.requests.length;
    await expect(clusterOf(keys, region).listRepositories()).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(message),
    });
    expect(server.requests.length).toBe(before);
  });

  it("refuses what a caller may not do", async () => {
    const call = clusterOf(READER).putRepository(
      { name: "backups", type: "s3", settings: { bucket: "movies", role_arn: ROLE } },
      { verify: true },
    );
    await expect(call).rejects.toMatchObject({
      code: "denied",
      message: expect.stringContaining("not authorized to perform: es:ESHttpPut"),
    });
  });
});

describe("what Amazon refuses", () => {
  const put = (path: string, body: unknown) => ({ method: "PUT", path, body });
  const stranger: Caller = { ...OWNER, passes: [] };
  const s3 = (settings: object) => ({ type: "s3", settings });
  it.each([
    [
      "a registration of a directory",
      put("/_snapshot/a", { type: "fs", settings: { location: "/x" } }),
      OWNER,
      401,
      "Your request: '/_snapshot/a' payload is not allowed.",
    ],
    ["one without a role", put("/_snapshot/a", s3({ bucket: "b" })), OWNER, 400, "settings.role_arn is needed for snapshot registration."],
    [
      "one whose role the caller may not pass",
      put("/_snapshot/a", s3({ bucket: "b", role_arn: ROLE })),
      stranger,
      403,
      `User: ${OWNER.arn} is not authorized to perform: iam:PassRole on resource: ${ROLE}`,
    ],
    [
      "a name of its own",
      put("/_snapshot/cs-mine", s3({ bucket: "b", role_arn: ROLE })),
      OWNER,
      401,
      "Your request: '/_snapshot/cs-mine' is not allowed.",
    ],
    [
      "a snapshot in its own repository",
      put("/_snapshot/cs-automated/mine", {}),
      OWNER,
      401,
      "Your request: '/_snapshot/cs-automated/mine' is not allowed.",
    ],
    [
      "closing an index before 7.4",
      { method: "POST", path: "/movies/_close", body: undefined },
      OWNER,
      401,
      "Your request: '/movies/_close' is not allowed.",
    ],
    [
      "the settings of all indices without a name",
      { method: "GET", path: "/_settings", body: undefined },
      OWNER,
      401,
      "Your request: '/_settings' is not allowed.",
    ],
    [
      "most settings of the cluster",
      put("/_cluster/settings", { transient: { "indices.recovery.max_bytes_per_sec": "80mb" } }),
      OWNER,
      401,
      "Your request: '/_cluster/settings' payload is not allowed.",
    ],
    [
      "settings in their nested form",
      put("/_cluster/settings", { persistent: { action: { auto_create_index: false } } }),
      OWNER,
      401,
      "Your request: '/_cluster/settings' payload is not allowed.",
    ],
  ])("%s", (_what, asked, caller, status, message) => {
    expect(refusalOf(asked, caller, "5.5.2")).toEqual({ status, message });
  });

  it.each([
    ["a registration with a role that the caller may pass", put("/_snapshot/a", s3({ bucket: "b", role_arn: ROLE })), "5.5.2"],
    ["a snapshot", put("/_snapshot/a/one", { indices: "movies" }), "5.5.2"],
    ["reading and restoring from its own repository", { method: "POST", path: "/_snapshot/cs-automated/x/_restore", body: {} }, "5.5.2"],
    ["closing an index from 7.4 on", { method: "POST", path: "/movies/_close", body: undefined }, "7.4.2"],
    ["the settings that are listed", put("/_cluster/settings", { persistent: { "action.auto_create_index": false } }), "5.5.2"],
  ])("but not %s", (_what, asked, version) => {
    expect(refusalOf(asked, OWNER, version)).toBeUndefined();
  });
});
