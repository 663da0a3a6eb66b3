import { afterEach, describe, expect, it } from "vitest";
import { sigv4Fault } from "../../../infra/local/aws/sigv4.ts";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { type Answer, type FakeServer, fakeServer, type RecordedRequest } from "./fakeServer.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const KEYS = { accessKeyId: "AKIDEXAMPLE1234", secretAccessKey: "planted/secret+key", sessionToken: "planted/session+token==" };

async function open(answer: (request: RecordedRequest) => Answer, keys = async () => KEYS) {
  const server = await fakeServer(answer);
  servers.push(server);
  const cluster = elasticsearchCluster({ name: "source", url: server.url, aws: { region: "eu-west-1", keys } });
  return { server, cluster };
}

function faultOf({ method, url, headers, text }: RecordedRequest): string | undefined {
  return sigv4Fault({ method, url, headers, body: Buffer.from(text) }, KEYS, { region: "eu-west-1", service: "es" }, Date.now());
}

describe("requests to a domain of Amazon", () => {
  it("are all signed as they are sent: lists, filters, bodies, and a base path", async () => {
    const answers: Record<string, unknown> = { DELETE: { acknowledged: true }, PUT: { acknowledged: true } };
    const server = await fakeServer(({ method, url }) => ({
      body: answers[method] ?? (url.includes("/_alias") ? {} : { snapshots: [], metadata: { indices: {} }, version: { number: "7.10.2" } }),
    }));
    servers.push(server);
    const cluster = elasticsearchCluster({
      name: "source",
      url: `${server.url}/behind/a-proxy`,
      aws: { region: "eu-west-1", keys: async () => KEYS },
    });
    const settings = { bucket: "movies", role_arn: "arn:aws:iam::123456789012:role/电影" };
    await cluster.putRepository({ name: "backups", type: "s3", settings }, { verify: true });
    await cluster.listIndices();
    await cluster.listSnapshots("backups");
    await cluster.aliasHolders(["movies", "old movies"]).catch(() => undefined);
    await cluster.aliasHolders(["movies", "series"]);
    await cluster.deleteSnapshots("backups", ["night-1", "night-2"]);
    expect(server.requests.map(faultOf)).toEqual(server.requests.map(() => undefined));
    const urls = server.requests.map(({ method, url }) => `${method} ${url}`);
    expect(urls).toContain("DELETE /behind/a-proxy/_snapshot/backups/night-1,night-2");
    expect(urls).toContain("GET /behind/a-proxy/_alias/movies,series?expand_wildcards=all&filter_path=%2A.aliases");
    expect(server.requests.map(({ headers }) => headers["x-amz-security-token"])).toEqual(server.requests.map(() => KEYS.sessionToken));
  });

  it("are not sent without keys, and say where keys are expected", async () => {
    const { server, cluster } = await open(
      () => ({}),
      async () => {
        throw new Error("Could not load credentials from any providers");
      },
    );
    await expect(cluster.listRepositories()).rejects.toMatchObject({
      code: "denied",
      message:
        "cluster source: no keys for Amazon were found (Could not load credentials from any providers); set clusters.source.aws.accessKeyId and secretAccessKey, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    });
    expect(server.requests).toEqual([]);
  });
});

const NOT_MATCHING =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'GET\n/_snapshot\n\nx-amz-security-token:planted/session+token==\n";

describe("what Amazon answers", () => {
  it.each([
    [403, { message: NOT_MATCHING }, "denied", /does not match the signature you provided.*correct the secret key/],
    [403, { message: "The security token included in the request is expired" }, "denied", /is expired; renew the keys/],
    [403, { message: "Credential should be scoped to a valid region, not 'eu-west-1'. " }, "denied", /correct clusters\.….aws\.region$/],
    [403, { message: "Signature expired: 20261129T080000Z is now earlier than 20261129T080500Z" }, "denied", /set this machine's clock$/],
    [
      403,
      { Message: "User: arn:aws:iam::123456789012:user/me is not authorized to perform: es:ESHttpGet" },
      "denied",
      /^cluster source at http:\/\/127.*: key AKID…1234 is refused \(HTTP 403, repositories\): User: arn.*`ossnap migrate policies/,
    ],
    [401, { Message: "Your request: '/_snapshot' is not allowed." }, "refused", /Your request: '\/_snapshot' is not allowed\.; Amazon's/],
    [400, { Message: "settings.role_arn is needed for snapshot registration." }, "refused", /role_arn is needed/],
    [429, { message: "Too Many Requests" }, "transient", /Too Many Requests/],
    [504, { message: "Gateway Timeout" }, "transient", /Gateway Timeout/],
  ])("HTTP %s %j is %s in its own words, and shows no key", async (status, body, code, message) => {
    const { cluster } = await open(() => ({ status, body }));
    const error = await cluster.listRepositories().then(
      () => undefined,
      (found: unknown) => found,
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(`${error} ${JSON.stringify(error)} ${(error as Error).cause} ${(error as Error).stack}`).not.toMatch(/planted/);
  });

  it("without index settings in the cluster's state is completed from the settings themselves", async () => {
    const settings = { index: { uuid: "u", number_of_shards: "2", number_of_replicas: "1", version: { created: "5050299" } } };
    const { cluster, server } = await open(({ url }) =>
      url.startsWith("/_all/_settings")
        ? { body: { movies: { settings } } }
        : { body: { metadata: { indices: { movies: { state: "open", aliases: ["films"] }, gone: { state: "open", aliases: [] } } } } },
    );
    expect(await cluster.listIndices()).toMatchObject([
      { name: "movies", uuid: "u", shards: 2, replicas: 1, createdVersion: "5.5.2", aliases: ["films"] },
    ]);
    expect(server.requests.map(({ url }) => url)[1]).toBe("/_all/_settings?expand_wildcards=all&filter_path=%2A.settings.index");
  });
});
