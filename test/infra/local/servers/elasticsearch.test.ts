import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startElasticsearch } from "../../../../infra/local/servers/elasticsearch.ts";
import { elasticsearchVersion } from "../../../../infra/local/servers/elasticsearchVersions.ts";
import { freePort } from "../../../../infra/local/servers/ports.ts";
import { runProgram } from "../../../../infra/local/servers/runProgram.ts";

const node = {
  name: "source",
  httpPort: 9252,
  transportPort: 9352,
  runDirectory: "/run/source",
  repoDirectories: ["/repo/a", "/repo/b"],
  heapMb: 512,
};
const options = { ...node, runDirectory: join(tmpdir(), "ossnap-never-made") };

describe("starting Elasticsearch", () => {
  it("names the port and the server that needs it when the port is in use", async () => {
    const server = createServer();
    const httpPort = await freePort();
    await new Promise<void>((resolve) => server.listen(httpPort, "127.0.0.1", resolve));
    const message = expect.stringContaining(`port ${httpPort} (source Elasticsearch) is in use: `);

    await expect(startElasticsearch({ ...options, version: "5.5.3", httpPort })).rejects.toMatchObject({ code: "conflict", message });
    await new Promise((resolve) => server.close(resolve));
  });

  it("rejects an untested version, and lists the tested ones", async () => {
    const message = expect.stringMatching(/^Elasticsearch 5\.0\.0 cannot be run locally: use one of 2\.4\.6, 5\.5\.2, /);

    await expect(startElasticsearch({ ...options, version: "5.0.0" })).rejects.toMatchObject({ code: "invalid", message });
  });
});

describe("configuration of a version", () => {
  it.each(["2.4.6", "5.5.3", "6.7.0", "7.10.2", "8.17.0", "9.2.0"])(
    "of %s binds to loopback, runs as a single node, and ignores disk thresholds",
    (version) => {
      const config = elasticsearchVersion(version).config(node);

      expect(config).toContain("network.host: 127.0.0.1\n");
      expect(config).toContain("http.port: 9252\n");
      expect(config).toMatch(/^transport(\.tcp)?\.port: 9352$/m);
      expect(config).toMatch(/^discovery\.(type: single-node|zen\.ping\.unicast\.hosts: \["127\.0\.0\.1:9352"\])$/m);
      expect(config).toContain('path.repo: ["/repo/a","/repo/b"]\n');
      expect(config).toContain("cluster.routing.allocation.disk.threshold_enabled: false\n");
    },
  );

  it("is passed to the command in each version's own way", () => {
    const commandOf = (version: string) => elasticsearchVersion(version).command(node, "/dist", "/jdk");

    expect(commandOf("2.4.6").args.slice(-5)).toEqual([
      "-Des.path.conf=/run/source/config",
      "-cp",
      "/dist/lib/elasticsearch-2.4.6.jar:/dist/lib/*",
      "org.elasticsearch.bootstrap.Elasticsearch",
      "start",
    ]);
    expect(commandOf("5.5.3").args.slice(-2)).toEqual(["org.elasticsearch.bootstrap.Elasticsearch", "-Epath.conf=/run/source/config"]);
    expect(commandOf("7.10.2").args).toEqual(
      expect.arrayContaining(["-Des.path.conf=/run/source/config", "-Xmx512m", "-Djava.security.manager=allow"]),
    );
    expect(commandOf("8.17.0")).toMatchObject({
      command: "bash",
      args: ["/dist/bin/elasticsearch"],
      env: { ES_PATH_CONF: "/run/source/config", ES_JAVA_HOME: "/jdk" },
    });
  });
});

describe("a failing program", () => {
  it("is reported with its output and its exit code", async () => {
    await expect(runProgram("Elasticsearch 5.5.3 from Maven", "sh", ["-c", "echo no network >&2; exit 4"])).rejects.toMatchObject({
      code: "transient",
      message: "Elasticsearch 5.5.3 from Maven: sh ended with exit code 4:\nno network",
    });
  });

  it("is reported as missing when it is", async () => {
    await expect(runProgram("rclone", "ossnap-no-such-program", [])).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("ossnap-no-such-program is missing"),
    });
  });

  it("is stopped when it takes too long", async () => {
    await expect(runProgram("rclone", "sleep", ["600"], { timeoutMs: 100 })).rejects.toMatchObject({
      message: expect.stringContaining("was stopped after 0.1 s"),
    });
  });
});
