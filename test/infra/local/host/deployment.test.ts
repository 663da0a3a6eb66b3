import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { standInsFor } from "../../../../infra/deploy/standIns.ts";
import { readDeployment } from "../../../../infra/local/host/deployment.ts";
import type { Config } from "../../../../shared/model/config.ts";
import { loadConfig } from "../../../../shared/runtime/config/loadConfig.ts";

const ENVIRONMENT = {
  ACCOUNT_ID: "1000000000000001",
  OSSNAP_ROLE_ARN: "acs:ram::1:role/ossnap",
  OSSNAP_HTTP_ROLE_ARN: "acs:ram::1:role/ossnap-http",
  SOURCE_URL: "http://127.0.0.1:9252",
};
const shipped = await readFile("s.yaml", "utf8");

function read(text = shipped, other?: Config) {
  return readDeployment(text, { environment: ENVIRONMENT, other });
}

/** The example with one more policy, at another time, and its watch below another prefix. */
async function otherConfig(): Promise<Config> {
  const text = (await readFile("ossnap.yaml", "utf8")).replaceAll("30 1 * * *", "15 4 * * *");
  expect(text).toContain("15 4 * * *");
  return loadConfig(text, standInsFor(text));
}

describe("what the local host deploys", () => {
  it("is what s.yaml says: names, figures, retries, ages, instances and variables", () => {
    const bundles = ["copyBlobs", "advanceJobs"].map((name) => ({ name, path: `/built/${name}/index.js`, sizeBytes: 1, files: [] }));
    const specs = read().specs(bundles, {
      variables: { OSSNAP_FC_ENDPOINT: "http://127.0.0.1:9490" },
      credentialsOf: (role) => ({ accessKeyId: role, accessKeySecret: "secret" }),
    });
    expect(specs).toHaveLength(7);
    expect(specs.find(({ name }) => name === "ossnap-copy-blobs")).toMatchObject({
      bundle: "/built/copyBlobs/index.js",
      ...{ handler: "index.handler", timeoutSeconds: 1800, memoryMb: 1024 },
      ...{ maxAsyncRetryAttempts: 0, maxAsyncEventAgeSeconds: 3600, asyncTask: true, reservedConcurrency: undefined },
      environmentVariables: { SOURCE_URL: "http://127.0.0.1:9252", TARGET_URL: "", OSSNAP_FC_ENDPOINT: "http://127.0.0.1:9490" },
    });
    expect(specs.find(({ name }) => name === "ossnap-advance-jobs")).toMatchObject({
      ...{ timeoutSeconds: 120, memoryMb: 512, reservedConcurrency: 1, maxAsyncEventAgeSeconds: 60, asyncTask: undefined },
    });
  });

  it("follows s.yaml when it changes", () => {
    const text = shipped.replace("timeout: 1800", "timeout: 900").replace("functionName: ossnap-http", "functionName: prod-http");
    const deployment = read(text.replace("region: cn-hangzhou", "region: cn-shanghai"));
    expect(
      deployment.specs([], { variables: {}, credentialsOf: () => undefined }).find(({ name }) => name === "ossnap-copy-blobs")
        ?.timeoutSeconds,
    ).toBe(900);
    expect([deployment.nameOf("http"), deployment.http.functionName, deployment.region]).toEqual(["prod-http", "prod-http", "cn-shanghai"]);
  });

  it("is started by the triggers of s.yaml", () => {
    const { timers, events, http } = read();
    expect(timers.map(({ functionName, name, cron }) => [functionName, name, cron])).toEqual([
      ["ossnap-create-snapshots", "nightly", "CRON_TZ=Asia/Shanghai 0 30 1 * * *"],
      ["ossnap-prune-snapshots", "nightly", "CRON_TZ=Asia/Shanghai 0 30 2 * * *"],
      ["ossnap-advance-jobs", "every-minute", "@every 1m"],
    ]);
    expect(events).toEqual([
      {
        ...{ functionName: "ossnap-on-copied-blob", bucket: "moved", prefix: "movies/index", suffix: "" },
        events: ["oss:ObjectCreated:PutObject", "oss:ObjectCreated:CompleteMultipartUpload", "oss:ObjectCreated:CopyObject"],
      },
    ]);
    expect(http).toEqual({ functionName: "ossnap-http", authType: "function", methods: ["GET", "POST", "DELETE"] });
  });

  it("leaves out a timer that is switched off", () => {
    const text = shipped.replace('{ enable: true, cronExpression: "@every 1m" }', '{ enable: false, cronExpression: "@every 1m" }');
    expect(read(text).timers.map(({ name }) => name)).toEqual(["nightly", "nightly"]);
  });

  it("takes the triggers that another configuration needs, and the figures of s.yaml", async () => {
    const other = read(shipped, await otherConfig());
    expect(other.timers[0]?.cron).toBe("CRON_TZ=Asia/Shanghai 0 15 4 * * *");
    expect(other.events).toEqual(read().events);
    expect(other.http).toEqual(read().http);
  });

  it("names the line of s.yaml that is wrong", () => {
    const broken = shipped.replace("memorySize: 512", "memorysize: 512");
    expect(() => read(broken)).toThrow(/s\.yaml: resources\.createSnapshots\.props.*memorySize.*check:serverless/s);
    expect(() => read(shipped.replaceAll("vars.region}", "vars.regoin}"))).toThrow(/s\.yaml: .*regoin/);
    expect(() => read(shipped.replace("code: ./dist/http", "code: ./dist/other"))).toThrow("s.yaml: no resource deploys ./dist/http");
  });
});
