import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OSS from "ali-oss";
import { onTestFinished } from "vitest";
import type { EventRule } from "../../../../infra/local/oss/objectEvents.ts";
import { type OssOptions, type OssServer, startOss } from "../../../../infra/local/oss/startOss.ts";

export const BUCKET = "snapshots-test";
export const KEYS = { accessKeyId: "test-key-id", secretAccessKey: "test-key-secret" };

export interface TestOss extends OssServer {
  root: string;
  client(options?: Partial<OSS.Options> & Record<string, unknown>): OSS;
}

/** A server on a free port over a new directory with one bucket; both are removed when the test is over. */
export async function startTestOss<Rule extends EventRule = EventRule>(options: Partial<OssOptions<Rule>> = {}): Promise<TestOss> {
  const root = await mkdtemp(join(tmpdir(), "oss-test-"));
  await mkdir(join(root, BUCKET));
  const server = await startOss<Rule>({ root, port: 0, region: "cn-hangzhou", credentials: [KEYS], ...options });
  // A separate agent, because the library's global one would keep connections of other tests.
  const agent = new Agent({ keepAlive: true });
  onTestFinished(async () => {
    agent.destroy();
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  const client: TestOss["client"] = (own = {}) =>
    new OSS({
      region: "oss-cn-hangzhou",
      endpoint: server.url,
      bucket: BUCKET,
      accessKeyId: KEYS.accessKeyId,
      accessKeySecret: KEYS.secretAccessKey,
      authorizationV4: true,
      agent,
      ...own,
    } as OSS.Options);
  return { ...server, root, client };
}

/** The `code` that ali-oss gives a failed call. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "no error",
    (error: { code?: string; name: string }) => error.code ?? error.name,
  );
}
