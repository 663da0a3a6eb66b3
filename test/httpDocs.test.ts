import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Door, startHttpTrigger } from "../infra/local/fc/doors/httpDoor.ts";
import { startTestHost, type TestHost } from "./infra/local/fc/testHost.ts";

const [, script = ""] = /```sh\n(.*?)```/s.exec(readFileSync("docs/http.md", "utf8")) ?? [];
const KEYS = { accessKeyId: "LTAItest", accessKeySecret: "secret-of-the-test" };

let test: TestHost;
let door: Door;

beforeAll(async () => {
  const code = "const e = JSON.parse(event); return { statusCode: 200, body: e.rawPath + ' ' + e.headers['X-Ossnap-Token'] }";
  test = startTestHost({ http: { code } });
  door = await startHttpTrigger({ host: test.host, functionName: "http", port: 0, signedWith: KEYS });
});

afterAll(async () => {
  await door.close();
  await test.close();
});

async function run(secret: string): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    ...{ OSSNAP_HTTP_URL: door.url, OSSNAP_TOKEN: "t0ken" },
    ...{ ALIBABA_CLOUD_ACCESS_KEY_ID: KEYS.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret },
  };
  return (await promisify(execFile)("/bin/sh", ["-euc", script], { env })).stdout;
}

describe("the raw request of docs/http.md", () => {
  it("is accepted as it stands", async () => {
    expect(await run(KEYS.accessKeySecret)).toBe("/status t0ken");
  });

  it("is refused with another secret", async () => {
    expect(await run("wrong")).toContain("SignatureNotMatch");
  });
});
