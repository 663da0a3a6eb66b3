import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ElasticsearchApi, startElasticsearchApi } from "../../../infra/local/aliyun/elasticsearchApi.ts";
import { type InstanceBook, instanceBook } from "../../../infra/local/aliyun/instanceBook.ts";
import { aliyunInstances, type InstancesOptions } from "../../../shared/adapters/aliyun/instances.ts";
import { instancesContract } from "../../contract/instances.ts";

const KEYS = { accessKeyId: "key-of-the-test", accessKeySecret: "secret-of-the-test", securityToken: "token-of-the-test" };
const INSTANCES = [
  { id: "es-cn-a", esVersion: "6.7_with_X-Pack", status: "active" },
  { id: "es-cn-b", esVersion: "6.7_with_X-Pack", status: "active" },
  { id: "es-cn-c", esVersion: "5.5.3_with_X-Pack", status: "inactive" },
] as const;

const apis: ElasticsearchApi[] = [];
let book: InstanceBook;

async function start(spelling: "Result" | "result" = "Result"): Promise<ElasticsearchApi> {
  book = instanceBook({ instances: INSTANCES });
  const api = await startElasticsearchApi({ book, port: 0, credentials: KEYS, spelling });
  apis.push(api);
  return api;
}

const instancesOf = ({ port }: { port: number }, options: Partial<InstancesOptions> = {}) =>
  aliyunInstances({
    region: "cn-hangzhou",
    endpoint: `127.0.0.1:${port}`,
    protocol: "HTTP",
    ...KEYS,
    remainingMs: () => 60_000,
    sleep: async () => undefined,
    random: () => 0.5,
    ...options,
  });

afterEach(async () => {
  for (const api of apis.splice(0)) await api.close();
});

instancesContract("Alibaba Cloud's OpenAPI", async () => ({ instances: instancesOf(await start()) }));
instancesContract("Alibaba Cloud's OpenAPI with members in lower case", async () => ({ instances: instancesOf(await start("result")) }));

describe("aliyunInstances", () => {
  let api: ElasticsearchApi;

  beforeEach(async () => {
    api = await start();
  });

  it("sends the source in the body and a client token in the query, and repeats both after a lost answer", async () => {
    api.failNext("AddSnapshotRepo", "lost");
    await instancesOf(api).add("es-cn-b", "es-cn-a", "token-1");
    expect(api.requests).toEqual(["AddSnapshotRepo es-cn-b ?clientToken=token-1", "AddSnapshotRepo es-cn-b ?clientToken=token-1"]);
    expect(book.shared("es-cn-b").map(({ id }) => id)).toEqual(["es-cn-a"]);
  });

  it.each([
    ["throttling", 400, "Throttling.User"],
    ["429", 429, "Throttling"],
    ["a fault of the service", 503, "ServiceUnavailable"],
  ])("repeats after %s", async (_what, statusCode, code) => {
    api.failNext("DescribeInstance", { statusCode, code }, 3);
    expect(await instancesOf(api).describe("es-cn-a")).toMatchObject({ version: "6.7" });
    expect(api.requests).toHaveLength(4);
  });

  it("gives up after four attempts, and waits longer before each", async () => {
    const waits: number[] = [];
    api.failNext("DescribeInstance", { statusCode: 503, code: "ServiceUnavailable" }, 9);
    const described = instancesOf(api, { sleep: async (ms) => void waits.push(ms) }).describe("es-cn-a");
    await expect(described).rejects.toMatchObject({ code: "transient", message: expect.stringContaining("503 ServiceUnavailable") });
    expect(waits).toEqual([250, 500, 1000]);
    expect(api.requests).toHaveLength(4);
  });

  it("begins no attempt for which no time is left", async () => {
    api.failNext("DescribeInstance", { statusCode: 503, code: "ServiceUnavailable" }, 9);
    await expect(instancesOf(api, { remainingMs: () => 200 }).describe("es-cn-a")).rejects.toMatchObject({ code: "transient" });
    expect(api.requests).toHaveLength(1);
  });

  it("does not repeat a refusal", async () => {
    book.setStatus("es-cn-b", "activating");
    await expect(instancesOf(api).add("es-cn-b", "es-cn-a", "token-1")).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("the repository of es-cn-a was not shared with es-cn-b: Alibaba Cloud Elasticsearch answered 400"),
    });
    expect(api.requests).toHaveLength(1);
  });

  it("is denied with a wrong secret, repeats nothing, and shows no secret", async () => {
    const wrong = instancesOf(api, { accessKeySecret: "planted-secret" }).describe("es-cn-a");
    const error = await wrong.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "denied", message: expect.stringContaining("403 SignatureNotMatch") });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/planted-secret|token-of-the-test/);
    expect(api.requests).toEqual([]);
  });

  it.each([
    ["an id with a slash", (instances: ReturnType<typeof instancesOf>) => instances.describe("es-cn-a/actions/restart")],
    ["a source that is no id", (instances: ReturnType<typeof instancesOf>) => instances.add("es-cn-b", "movies", "token-1")],
    ["an empty id", (instances: ReturnType<typeof instancesOf>) => instances.sharedWith("")],
  ])("refuses %s before anything is sent", async (_what, ask) => {
    await expect(ask(instancesOf(api))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("is not an instance id"),
    });
    expect(api.requests).toEqual([]);
  });

  it("refuses a region that would lead to another host", () => {
    expect(() => instancesOf(api, { region: "evil.example.com/" })).toThrow("is not a region; write one such as cn-hangzhou");
  });

  it.each([
    [
      "an answer of another shape",
      { Result: { status: "active" } },
      "permanent",
      "answered in a shape that this version does not know (result.esVersion)",
    ],
    ["a list where one instance is wanted", { Result: [] }, "permanent", "in a shape"],
  ])("reports %s instead of guessing", async (_what, body, code, message) => {
    const server = createServer((_request, response) => response.end(JSON.stringify(body)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(instancesOf({ port }).describe("es-cn-a")).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    server.close();
  });

  it("takes a false for the refusal that it is", async () => {
    const server = createServer((_request, response) => response.end('{"Result":false}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(instancesOf({ port }).remove("es-cn-b", "es-cn-a", "token-1")).rejects.toMatchObject({ code: "refused" });
    server.close();
  });

  it("is transient where nothing listens", async () => {
    await expect(instancesOf({ port: 1 }).describe("es-cn-a")).rejects.toMatchObject({ code: "transient" });
  });
});
