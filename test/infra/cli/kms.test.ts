import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KmsApi, startKmsApi } from "../../../infra/local/aliyun/kmsApi.ts";
import { flat, inDirectory, runCli, writeConfig } from "./runCli.ts";

const KEYS = { accessKeyId: "key-of-the-test", accessKeySecret: "secret-of-the-test" };

let api: KmsApi;
beforeAll(async () => {
  api = await startKmsApi({ secrets: { "es/source": "planted-value-of-kms" }, port: 0, credentials: KEYS });
});
afterAll(() => api.close());

describe("a secret of KMS in a terminal", () => {
  it("is read with the shell's keys, and an unknown one is named before anything is written", { timeout: 120_000 }, async () => {
    await inDirectory(async (directory) => {
      const path = await writeConfig(directory);
      const text = await readFile(path, "utf8");
      const named = (name: string) =>
        text.replace("prefix: state/", "prefix: state/, region: cn-hangzhou").replace("SOURCE_PASSWORD", `kms:${name}`);
      const keys = { ALIBABA_CLOUD_ACCESS_KEY_ID: KEYS.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
      const env = { ...keys, OSSNAP_KMS_ENDPOINT: api.url };
      await writeFile(path, named("es/gone"));
      const gone = await runCli(["init", "--config", path], { env });
      expect([gone.exitCode, gone.stdout]).toEqual([2, ""]);
      expect(flat(gone.stderr)).toContain("secret es/gone of KMS: there is none of that name in cn-hangzhou");
      await writeFile(path, named("es/source"));
      const { exitCode, stdout, stderr } = await runCli(["init", "--config", path], { env });
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("initialised as");
      expect(api.requests).toEqual(["es/gone", "es/source"]);
      expect(gone.stderr + stdout + stderr).not.toContain("planted-value-of-kms");
    });
  });
});
