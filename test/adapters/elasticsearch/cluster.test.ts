import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../../infra/local/servers/ports.ts";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { batches } from "../../../shared/adapters/elasticsearch/deleteSnapshots.ts";
import { type Answer, type FakeServer, fakeServer, type RecordedRequest } from "./fakeServer.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(
  answer: (request: RecordedRequest) => Answer,
  options: { username?: string; password?: string; requestTimeoutMs?: number; remainingMs?: () => number } = {},
) {
  const server = await fakeServer(answer);
  servers.push(server);
  return { server, cluster: elasticsearchCluster({ name: "source", url: server.url, ...options }) };
}

const missing = (reason: string): Answer => ({ status: 404, body: { error: { type: "snapshot_missing_exception", reason } } });

describe("an unreachable cluster", () => {
  it("is transient and named with its address if nothing is listening", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;

    await expect(elasticsearchCluster({ name: "source", url }).info()).rejects.toMatchObject({
      code: "transient",
      message: `cluster source at ${url}: connection refused`,
    });
  });

  it.each([
    ["the request may", { requestTimeoutMs: 100 }],
    ["the invocation has left", { remainingMs: () => 100 }],
  ])("is transient when it takes longer than %s", async (_, limit) => {
    const { cluster, server } = await open(() => ({ silent: true }), limit);

    await expect(cluster.listRepositories()).rejects.toMatchObject({
      code: "transient",
      message: expect.stringContaining("no answer in time"),
    });
    expect(server.requests).toHaveLength(1);
  });

  it("is used again when it is back", async () => {
    let answer: Answer = { cut: true };
    const { cluster } = await open(() => answer);
    await expect(cluster.listRepositories()).rejects.toMatchObject({ code: "transient" });
    answer = { body: {} };

    expect(await cluster.listRepositories()).toEqual([]);
  });
});

describe("credentials", () => {
  const refuse = (request: RecordedRequest): Answer => ({
    status: 401,
    body: { error: { type: "security_exception", reason: `unable to authenticate ${request.headers.authorization} with hunter2-planted` } },
  });

  it("are sent in the request and never appear in an error", async () => {
    const { cluster, server } = await open(refuse, { username: "elastic", password: "hunter2-planted" });
    const failure = await cluster.info().catch((error: unknown) => error);

    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("elastic:hunter2-planted").toString("base64")}`);
    expect(failure).toMatchObject({
      code: "denied",
      message: expect.stringContaining(`cluster source at ${server.url}: user elastic is refused`),
    });
    expect(everythingIn(failure)).not.toContain("hunter2-planted");
    expect(everythingIn(failure)).not.toContain(Buffer.from("elastic:hunter2-planted").toString("base64"));
  });

  it("are read from the URL, and never appear in an error either", async () => {
    const server = await fakeServer(refuse);
    servers.push(server);
    const url = server.url.replace("http://", "http://elastic:hunter2-planted@");
    const failure = await elasticsearchCluster({ name: "source", url })
      .info()
      .catch((error: unknown) => error);

    expect(server.requests[0]?.headers.authorization).toMatch(/^Basic /);
    expect(everythingIn(failure)).not.toContain("hunter2-planted");
  });

  it("of a repository are neither repeated in an error nor listed", async () => {
    const settings = { endpoint: "oss.example", bucket: "b", access_key_id: "AK-planted", secret_access_key: "SK-planted" };
    const answer = (request: RecordedRequest): Answer =>
      request.method === "GET"
        ? { body: { backups: { type: "oss", settings: { ...settings, client: { secret: "SK-planted" }, compress: true } } } }
        : { status: 500, body: { error: { type: "repository_exception", reason: "cannot log in as AK-planted with SK-planted" } } };
    const { cluster } = await open(answer);
    const failure = await cluster
      .putRepository({ name: "backups", type: "oss", settings }, { verify: true })
      .catch((error: unknown) => error);

    expect(everythingIn(failure)).not.toMatch(/(AK|SK)-planted/);
    expect(await cluster.listRepositories()).toEqual([
      {
        name: "backups",
        type: "oss",
        settings: { endpoint: "oss.example", bucket: "b", compress: "true" },
        shownSecrets: ["access_key_id", "secret_access_key", "client.secret"],
      },
    ]);
  });
});

describe("requests on the wire", () => {
  it("never ask to wait for a snapshot or restore, to make it partial or to include global state", async () => {
    const { cluster, server } = await open(() => ({ body: { accepted: true } }));
    await cluster.createSnapshot("backups", "night-1", { indices: ["movies"], metadata: { ossnap: 1 } });
    const beside = { repository: "backups", snapshot: "night-1", index: "movies", as: "movies-$\\1".replace("\\", "") };
    await cluster.restore({ ...beside, indexSettings: { "index.number_of_replicas": 0 }, ignoreIndexSettings: ["index.blocks.*"] });

    expect(server.requests.map(({ method, url, body }) => ({ method, url, body }))).toEqual([
      {
        method: "PUT",
        url: "/_snapshot/backups/night-1?wait_for_completion=false",
        body: { indices: ["movies"], ignore_unavailable: false, include_global_state: false, partial: false, metadata: { ossnap: 1 } },
      },
      {
        method: "POST",
        url: "/_snapshot/backups/night-1/_restore?wait_for_completion=false",
        body: {
          indices: ["movies"],
          ignore_unavailable: false,
          include_aliases: false,
          include_global_state: false,
          partial: false,
          rename_pattern: "^.+$",
          rename_replacement: "movies-\\$1",
          index_settings: { "index.number_of_replicas": 0 },
          ignore_index_settings: ["index.blocks.*"],
        },
      },
    ]);
  });

  it("never contain a name that Elasticsearch would expand to several", async () => {
    const { cluster, server } = await open(() => ({ body: { acknowledged: true } }));
    for (const name of ["*", "a*", "a,b", "_all", "-a", "+a", "", "a b", "<a-{now}>", "a/b", "..", "a?", "a#b"]) {
      await expect(cluster.deleteIndex(name)).rejects.toMatchObject({ code: "invalid" });
      await expect(cluster.deleteSnapshots("backups", [name])).rejects.toMatchObject({ code: "invalid" });
      await expect(cluster.updateIndexSettings(name, {})).rejects.toMatchObject({ code: "invalid" });
      await expect(cluster.moveAliases([{ alias: "movies", from: ["movies-*"], to: [name] }])).rejects.toMatchObject({ code: "invalid" });
    }

    expect(server.requests).toEqual([]);
  });

  it("keep the path prefix of the address", async () => {
    const server = await fakeServer(() => ({ body: {} }));
    servers.push(server);
    await elasticsearchCluster({ name: "source", url: `${server.url}/search/` }).listRepositories();

    expect(server.requests[0]?.url).toBe("/search/_snapshot");
  });
});

describe("a response", () => {
  it("that is not from Elasticsearch is permanent, and the error shows the difference", async () => {
    const { cluster } = await open(() => ({ body: "<html>welcome</html>" }));

    await expect(cluster.listSnapshots("backups")).rejects.toMatchObject({
      code: "permanent",
      message: expect.stringContaining("is this Elasticsearch?"),
    });
  });

  it("with zero shards to restore is invalid", async () => {
    const { cluster } = await open(() => ({
      body: { snapshot: { snapshot: "s", indices: [], shards: { total: 0, failed: 0, successful: 0 } } },
    }));
    const request = { repository: "r", snapshot: "s", index: "nosuch", as: "x", indexSettings: {}, ignoreIndexSettings: [] };

    await expect(cluster.restore(request)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("holds no index nosuch"),
    });
  });

  it("that counts without some shards is rejected", async () => {
    const { cluster } = await open(() => ({ body: { _shards: { failed: 1 }, _all: { primaries: { docs: { count: 2 } } } } }));

    await expect(cluster.countDocuments("movies")).rejects.toMatchObject({ code: "transient" });
  });

  it("distinguishes an unknown snapshot from one whose blob is missing", async () => {
    const { cluster } = await open(({ url }) =>
      missing(url.includes("gone") ? "[r:gone/d27x-PsXRT2UL2CvRPToBw] is missing" : "[r:nosuch] is missing"),
    );

    expect(await cluster.getSnapshot("r", "nosuch")).toBeUndefined();
    expect(await cluster.snapshotProgress("r", "nosuch")).toBeUndefined();
    await expect(cluster.getSnapshot("r", "gone")).rejects.toMatchObject({ code: "transient" });
    await expect(cluster.snapshotProgress("r", "gone")).rejects.toMatchObject({ code: "transient" });
  });

  it("contains progress in the formats before and after 6.4", async () => {
    const shards_stats = { total: 5, initializing: 1, started: 1, finalizing: 1, done: 2, failed: 0 };
    const flat = { total_size_in_bytes: 100, processed_size_in_bytes: 40, time_in_millis: 2000 };
    const nested = {
      incremental: { size_in_bytes: 100 },
      processed: { size_in_bytes: 40 },
      total: { size_in_bytes: 900 },
      time_in_millis: 2000,
    };
    for (const stats of [flat, nested]) {
      const { cluster } = await open(() => ({ body: { snapshots: [{ state: "STARTED", shards_stats, stats }] } }));

      expect(await cluster.snapshotProgress("r", "s")).toEqual({
        state: "STARTED",
        shards: shards_stats,
        bytes: { total: 100, done: 40 },
        elapsedMs: 2000,
      });
    }
  });
});

describe("deleting several snapshots", () => {
  const versioned = (number: string, answer: (request: RecordedRequest) => Answer) => (request: RecordedRequest) =>
    request.url === "/" ? { body: { version: { number } } } : answer(request);

  it("is rejected before 7.8, with nothing deleted", async () => {
    for (const version of ["2.4.6", "5.5.3", "6.8.23", "7.7.1"]) {
      const { cluster, server } = await open(versioned(version, () => ({ body: { acknowledged: true } })));

      await expect(cluster.deleteSnapshots("r", ["a", "b"])).rejects.toMatchObject({ code: "invalid" });
      expect(server.requests.map(({ method }) => method)).toEqual(["GET"]);
    }
  });

  it("is one request from 7.8 on", async () => {
    for (const version of ["7.8.0", "7.10.2", "8.17.0"]) {
      const { cluster, server } = await open(versioned(version, () => ({ body: { acknowledged: true } })));
      await cluster.deleteSnapshots("r", ["a", "b", "a"]);

      expect(server.requests.filter(({ method }) => method === "DELETE").map(({ url }) => url)).toEqual(["/_snapshot/r/a%2Cb"]);
    }
  });

  it("continues without the missing names, because one of them blocks all the others", async () => {
    const { cluster, server } = await open(
      versioned("7.10.2", ({ method, url }) => {
        if (method === "GET") return { body: { snapshots: [{ snapshot: "a" }, { snapshot: "c" }, { snapshot: "z" }] } };
        return url.includes("gone") ? missing("[r:gone] is missing") : { body: { acknowledged: true } };
      }),
    );
    await cluster.deleteSnapshots("r", ["a", "gone", "c"]);

    expect(server.requests.filter(({ method }) => method === "DELETE").at(-1)?.url).toBe("/_snapshot/r/a%2Cc");
  });

  it("keeps every path below the server's limit and loses no name", () => {
    const name = fc.stringMatching(/^[a-z0-9.é-]{1,120}$/);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 400 }), (names) => {
        const split = batches("nightly-oss", names);

        expect(split.flat()).toEqual(names);
        for (const batch of split) expect(`/_snapshot/nightly-oss/${encodeURIComponent(batch.join(","))}`.length).toBeLessThan(3_900);
      }),
    );
  });
});

function everythingIn(error: unknown): string {
  const seen: unknown[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    seen.push(String(current), current.stack, JSON.stringify(current), JSON.stringify(Object.getOwnPropertyDescriptors(current)));
  }
  return seen.join("\n");
}
