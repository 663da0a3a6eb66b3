import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ElasticsearchApi, startElasticsearchApi } from "../../../infra/local/aliyun/elasticsearchApi.ts";
import { instanceBook } from "../../../infra/local/aliyun/instanceBook.ts";
import { inDirectory, runCli, writeConfig } from "./runCli.ts";

const SECRET = "planted-secret-of-the-key";
const LIMIT_MS = 180_000;

describe("ossnap shared, as a process against the API with checked signatures", () => {
  let api: ElasticsearchApi;

  beforeAll(async () => {
    const instances = ["es-cn-ours", "es-cn-older"].map((id) => ({ id, esVersion: "6.8_with_X-Pack", status: "active" as const }));
    const credentials = { accessKeyId: "key-of-the-test", accessKeySecret: SECRET, securityToken: "token-of-the-test" };
    api = await startElasticsearchApi({ book: instanceBook({ instances }), port: 0, credentials });
  });
  afterAll(() => api.close());

  it(
    "signs with the keys of the environment, changes nothing without --yes, and shows no secret",
    async () => {
      await inDirectory(async (directory) => {
        const config = await writeConfig(directory);
        const text = await readFile(config, "utf8");
        await writeFile(config, text.replace('url: "http://127.0.0.1:9"', "$&, instanceId: es-cn-ours, region: cn-hangzhou"));
        const env = {
          SOURCE_PASSWORD: "x",
          OSSNAP_INSTANCES_ENDPOINT: api.url,
          ALIBABA_CLOUD_ACCESS_KEY_ID: "key-of-the-test",
          ALIBABA_CLOUD_ACCESS_KEY_SECRET: SECRET,
          ALIBABA_CLOUD_SECURITY_TOKEN: "token-of-the-test",
        };
        const run = (words: string[], more: Record<string, string> = {}) =>
          runCli([...words, "--config", config], { env: { ...env, ...more } });
        expect((await run(["init"])).exitCode).toBe(0);

        const dry = await run(["shared", "add", "es-cn-older", "--to", "source"]);
        expect([dry.exitCode, api.requests.filter((request) => request.startsWith("Add"))]).toEqual([0, []]);
        const added = await run(["shared", "add", "es-cn-older", "--to", "source", "--yes", "--json"]);
        expect(JSON.parse(added.stdout)).toMatchObject({
          schema: "sharing/1",
          data: { done: true, repository: "aliyun_snapshot_from_es-cn-older" },
        });
        expect(api.requests.filter((request) => /^AddSnapshotRepo es-cn-ours \?clientToken=[0-9a-f]{24}$/.test(request))).toHaveLength(1);

        const denied = await run(["shared", "list", "source", "--json"], { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "another-secret" });
        expect([denied.exitCode, JSON.parse(denied.stdout).error.code]).toEqual([1, "denied"]);
        for (const { stdout, stderr } of [dry, added, denied])
          expect(stdout + stderr).not.toMatch(/planted-secret|another-secret|token-of-the-test/);
      });
    },
    LIMIT_MS,
  );

  it(
    "says which variables are missing where there are no keys",
    async () => {
      await inDirectory(async (directory) => {
        const config = await writeConfig(directory);
        const text = await readFile(config, "utf8");
        await writeFile(config, text.replace('url: "http://127.0.0.1:9"', "$&, instanceId: es-cn-ours, region: cn-hangzhou"));
        const env = { SOURCE_PASSWORD: "x", OSSNAP_INSTANCES_ENDPOINT: api.url };
        await runCli(["init", "--config", config], { env });
        const ended = await runCli(["shared", "list", "source", "--config", config], { env });
        expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining("ALIBABA_CLOUD_ACCESS_KEY_SECRET")]);
      });
    },
    LIMIT_MS,
  );
});
