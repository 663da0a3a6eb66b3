import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundleFunctions } from "../../../infra/deploy/bundle.ts";
import { LEFT_OUT, LEFT_OUT_OF_FUNCTIONS } from "../../../infra/deploy/bundling/leftOut.ts";
import { oldestNode } from "../../../infra/deploy/bundling/oldestNode.ts";
import { VENDOR_FILES } from "../../../infra/deploy/bundling/vendorFiles.ts";
import { zippedBytes } from "../../../infra/deploy/bundling/zippedBytes.ts";
import { FUNCTION_NAMES } from "../../../infra/deploy/functionLimits.ts";
import { startOss } from "../../../infra/local/oss/startOss.ts";

let directory: string;
let entries: string;
let bundles: Bundle[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-contents-"));
  // Below the project, where the bundler finds its libraries.
  await mkdir(resolve("node_modules/.cache"), { recursive: true });
  entries = await mkdtemp(resolve("node_modules/.cache/ossnap-contents-"));
  bundles = await bundleFunctions({ configText: await readFile("ossnap.yaml", "utf8"), outDir: join(directory, "functions") });
}, 120_000);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await rm(entries, { recursive: true, force: true });
});

/** ossnap's own, in `index.js` and in what it loads later. */
const OWN_PACKAGES = ["@middy/core", "croner", "fastest-levenshtein", "zod"];
/** Of `index.js`, which every instance reads before its handler runs: what only some invocations need is loaded by `await import()`. */
const INDEX_BYTES_MAX = 570_000;
/** Of everything of ossnap's. */
const OWN_BYTES_MAX = 1_100_000;

/** What a vendor's file may hold, and its most bytes: a package more is a longer start of every instance. */
const VENDORS: Record<string, { bytesMax: number; packages: string[] }> = {
  "vendor/yaml.js": { bytesMax: 120_000, packages: ["yaml"] },
  "vendor/oss.js": {
    bytesMax: 359_000,
    packages: [
      "address",
      "agentkeepalive",
      "ali-oss",
      "any-promise",
      "async-function",
      "async-generator-function",
      "bowser",
      "call-bind-apply-helpers",
      "call-bound",
      "content-type",
      "copy-to",
      "core-util-is",
      "dateformat",
      "debug",
      "default-user-agent",
      "digest-header",
      "dunder-proto",
      "ee-first",
      "end-of-stream",
      "es-define-property",
      "es-errors",
      "es-object-atoms",
      "escape-html",
      "extend-shallow",
      "function-bind",
      "generator-function",
      "get-intrinsic",
      "get-proto",
      "get-ready",
      "gopd",
      "has-symbols",
      "hasown",
      "humanize-ms",
      "is-class-hotfix",
      "is-extendable",
      "is-type-of",
      "isstream",
      "js-base64",
      "jstoxml",
      "lodash",
      "math-intrinsics",
      "merge-descriptors",
      "mime",
      "mkdirp",
      "ms",
      "mz",
      "object-inspect",
      "once",
      "os-name",
      "osx-release",
      "platform",
      "pump",
      "qs",
      "sax",
      "sdk-base",
      "side-channel",
      "side-channel-list",
      "side-channel-map",
      "side-channel-weakmap",
      "statuses",
      "stream-wormhole",
      "thenify",
      "thenify-all",
      "unescape",
      "urllib",
      "utility",
      "win-release",
      "wrappy",
      "xml2js",
    ],
  },
  "vendor/elasticsearch.js": {
    bytesMax: 139_000,
    packages: [
      "@elastic/elasticsearch",
      "@elastic/transport",
      "@opentelemetry/api",
      "@opentelemetry/core",
      "@opentelemetry/semantic-conventions",
      "debug",
      "hpagent",
      "ms",
      "secure-json-parse",
      "tslib",
    ],
  },
  "vendor/aliyun.js": {
    bytesMax: 205_000,
    packages: [
      "@alicloud/credentials",
      "@alicloud/gateway-spi",
      "@alicloud/openapi-client",
      "@alicloud/openapi-util",
      "@alicloud/tea-typescript",
      "@alicloud/tea-util",
      "@alicloud/tea-xml",
      "@darabonba/typescript",
      "debug",
      "httpx",
      "ini",
      "kitx",
      "ms",
    ],
  },
  "vendor/aws.js": {
    bytesMax: 445_000,
    packages: [
      "@aws-sdk/checksums",
      "@aws-sdk/client-s3",
      "@aws-sdk/core",
      "@aws-sdk/credential-provider-env",
      "@aws-sdk/credential-provider-http",
      "@aws-sdk/credential-provider-ini",
      "@aws-sdk/credential-provider-node",
      "@aws-sdk/credential-provider-process",
      "@aws-sdk/credential-provider-web-identity",
      "@aws-sdk/middleware-sdk-s3",
      "@aws-sdk/nested-clients",
      "@aws-sdk/signature-v4-multi-region",
      "@aws-sdk/xml-builder",
      "@aws/lambda-invoke-store",
      "@smithy/core",
      "@smithy/credential-provider-imds",
      "@smithy/node-http-handler",
      "@smithy/signature-v4",
      "@smithy/types",
    ],
  },
};

describe("the bundle of each function", () => {
  it("holds these packages in these files, and no more bytes", () => {
    expect(bundles.map(({ name }) => name)).toEqual(FUNCTION_NAMES);
    for (const { name, sizeBytes: indexBytes, files } of bundles) {
      const [vendors, own] = [true, false].map((isVendor) => files.filter(({ file }) => file.startsWith("vendor/") === isVendor));
      expect(Object.fromEntries((vendors ?? []).map(({ file, packages }) => [file, packages])), name).toEqual(
        Object.fromEntries(Object.entries(VENDORS).map(([file, { packages }]) => [file, packages])),
      );
      for (const { file, sizeBytes } of vendors ?? [])
        expect(sizeBytes, `${name}/${file}`).toBeLessThanOrEqual(VENDORS[file]?.bytesMax ?? 0);
      expect([...new Set((own ?? []).flatMap(({ packages }) => packages))].sort(), name).toEqual(OWN_PACKAGES);
      expect(indexBytes, `${name}/index.js`).toBeLessThanOrEqual(INDEX_BYTES_MAX);
      expect(
        (own ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        name,
      ).toBeLessThanOrEqual(OWN_BYTES_MAX);
    }
  });

  it("holds each source once, and loads none of these at once: the kinds of jobs, the words, the clients", () => {
    for (const { name, files } of bundles) {
      const sources = files.flatMap((one) => one.sources);
      expect(sources.length, name).toBe(new Set(sources).size);
      const atOnce = new Set(files[0]?.sources);
      for (const later of [
        "tick/kinds.ts",
        "words/en.ts",
        "adapters/elasticsearch/cluster.ts",
        "adapters/oss/client.ts",
        "adapters/s3/client.ts",
      ])
        expect([sources.includes(`shared/${later}`), atOnce.has(`shared/${later}`)], `${name}: ${later}`).toEqual([true, false]);
    }
  });

  it("loads with Node 20.10 each of its files, in any order", async () => {
    const { node } = await oldestNode();
    for (const { path, files } of bundles) {
      const own = files.flatMap(({ file }) => (file.startsWith("vendor/") ? [] : [join(dirname(path), file)]));
      for (const order of [own, [own[0] ?? "", ...own.slice(1).reverse()]])
        await promisify(execFile)(node, ["-e", `for (const file of ${JSON.stringify(order)}) require(file);`]);
    }
  }, 120_000);

  it("can be read by any user, as Function Compute's common one, although it was made in a temporary directory", () => {
    for (const { path } of bundles)
      for (const entry of [".", ...readdirSync(dirname(path), { recursive: true, encoding: "utf8" })]) {
        const { mode, isDirectory } = ((stat) => ({ mode: stat.mode & 0o777, isDirectory: stat.isDirectory() }))(
          statSync(join(dirname(path), entry)),
        );
        expect(mode.toString(8), `${path} ${entry}`).toBe(isDirectory ? "755" : "644");
      }
  });

  it("is at most 700 KB as an archive", async () => {
    for (const { name, path } of bundles) expect(await zippedBytes(dirname(path)), name).toBeLessThanOrEqual(700 * 1024);
  });

  it("loads no vendor's library before it is used", () => {
    const require = createRequire(import.meta.url);
    for (const { path } of bundles) {
      require(path);
      expect(Object.keys(require.cache).filter((file) => file.startsWith(join(dirname(path), "vendor")))).toEqual([]);
    }
  });
});

/** Bundles one more function, as the others are, and returns it. */
async function bundled(name: string, source: string): Promise<(event: unknown) => Promise<unknown>> {
  await writeFile(join(entries, `${name}.ts`), source);
  const configText = await readFile("ossnap.yaml", "utf8");
  const [bundle] = await bundleFunctions({ configText, outDir: join(directory, "more"), functionsDir: entries, names: [name] });
  return createRequire(import.meta.url)(bundle?.path ?? "").handler;
}

const ADAPTERS = resolve("shared/adapters");
const KEYS = { accessKeyId: "AKBUNDLE", secretAccessKey: "secret-of-the-bundle" };

/** A file of the library that requires each. */
const REQUIRED_BY: Readonly<Record<string, string>> = {
  "apache-arrow/Arrow.node": "@elastic/elasticsearch/lib/helpers.js",
  "./api": "@elastic/elasticsearch/lib/client.js",
  undici: "@elastic/transport/lib/connection/UndiciConnection.js",
  "./types/other": "mime/index.js",
  semver: "win-release/index.js",
  formstream: "urllib/lib/urllib.js",
  "iconv-lite": "urllib/lib/urllib.js",
  xmlbuilder: "xml2js/lib/builder.js",
  xml2js: "@alicloud/tea-xml/dist/client.js",
  lodash: "@darabonba/typescript/dist/func.js",
  moment: "@darabonba/typescript/dist/date.js",
  ws: "@darabonba/typescript/dist/websocket.js",
  "socks-proxy-agent": "@darabonba/typescript/dist/websocket.js",
  "http-proxy-agent": "@darabonba/typescript/dist/websocket.js",
  "https-proxy-agent": "@darabonba/typescript/dist/websocket.js",
};

describe("what the bundles leave out", () => {
  it("is what these files of the libraries require", async () => {
    expect(LEFT_OUT.map(({ required }) => required)).toEqual(Object.keys(REQUIRED_BY));
    for (const { required, by } of LEFT_OUT) {
      const file = resolve("node_modules", REQUIRED_BY[required] ?? "");
      expect(by.test(file), required).toBe(true);
      expect(await readFile(file, "utf8")).toMatch(new RegExp(`require\\(["']${required}["']\\)`));
    }
  });

  it("of functions alone is what the AWS SDK imports for the profile of a person", async () => {
    for (const { required, by } of LEFT_OUT_OF_FUNCTIONS) {
      const file = resolve(
        `node_modules/@aws-sdk/credential-provider-ini/dist-es/resolve${required.endsWith("sso") ? "Sso" : "Login"}Credentials.js`,
      );
      expect(by.test(file)).toBe(true);
      expect(await readFile(file, "utf8")).toContain(`await import("${required}")`);
    }
  });

  it("says so when it is used", async () => {
    const uses: string[] = [];
    await mkdir(join(entries, "@elastic"));
    await writeFile(join(entries, "@elastic", "package.json"), '{"type":"commonjs"}');
    for (const [at, { required }] of LEFT_OUT.entries()) {
      const file = join(entries, REQUIRED_BY[required]?.replace(/[^/]*$/, `use${at}.cjs`).replace("lib/use1.cjs", "lib/client.js") ?? "");
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `exports.use = () => require("${required}").decode();`);
      uses.push(`require(${JSON.stringify(file)}).use`);
    }
    const handler = await bundled("unused", `export const handler = async (at: number) => [${uses.join(", ")}][at]?.();`);
    for (const [at, { required, why }] of LEFT_OUT.entries())
      await expect(handler(at), required).rejects.toThrow(`${required} is not part of ossnap's bundles (${why}): decode was used`);
  });

  it("is not used by any call to OSS: answers, errors, large blobs, listings, texts in other charsets", async () => {
    await mkdir(join(directory, "oss", "bucket"), { recursive: true });
    const oss = await startOss({ root: join(directory, "oss"), port: 0, region: "cn-hangzhou", credentials: [KEYS] });
    const handler = await bundled(
      "oss",
      `import { ossBlobStore, ossBucketIsVersioned } from "${ADAPTERS}/oss/blobStore.ts";
const codeOf = (call: Promise<unknown>) => call.then(() => "done", (error) => error.code);
export const handler = async (options: Parameters<typeof ossBlobStore>[0]) => {
  const store = ossBlobStore({ ...options, partSizeBytes: 200_000 });
  const large = Buffer.alloc(500_000, 7);
  await store.put("a", Buffer.from("one"));
  await store.putFrom("large", large.length, async ({ start, end }) => large.subarray(start, end));
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  const streamed: Uint8Array[] = [];
  for await (const piece of (await store.open("large")) ?? []) streamed.push(piece);
  const nowhere = ossBlobStore({ ...options, bucket: "nowhere" });
  const answers = {
    keys,
    a: Buffer.from((await store.get("a")) ?? []).toString(),
    range: (await store.get("large", { start: 3, end: 10 }))?.length,
    streamed: Buffer.concat(streamed).length,
    absent: [await store.get("x"), await store.head("x"), await store.open("x")].every((one) => one === undefined),
    again: await codeOf(store.put("a", Buffer.from("two"), { ifAbsent: true })),
    nowhere: await codeOf(nowhere.get("a")),
    denied: await codeOf(ossBlobStore({ ...options, secretAccessKey: "wrong" }).put("b", Buffer.from("b"))),
    versioned: await ossBucketIsVersioned(options),
  };
  await store.delete(["a", "large"]);
  return answers;
};`,
    );
    const options = {
      bucket: "bucket",
      basePath: "base",
      region: "cn-hangzhou",
      endpoint: oss.url,
      ...KEYS,
    };
    expect(await handler(options).finally(() => oss.close())).toEqual({
      keys: ["a", "large"],
      a: "one",
      range: 7,
      streamed: 500_000,
      absent: true,
      again: "conflict",
      nowhere: "absent",
      denied: "denied",
      versioned: false,
    });
  });

  it("is not used by any call to Function Compute: a start, a known id, a state, a refusal", async () => {
    const server = createServer((request, response) => {
      const isKnown = request.url?.endsWith("/async-tasks/known") === true;
      const isRefused = request.url?.includes("/functions/refused/") === true;
      const status = isRefused
        ? 403
        : request.headers["x-fc-async-task-id"] === "known"
          ? 409
          : request.method === "POST"
            ? 202
            : isKnown
              ? 200
              : 404;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(status === 202 ? "" : JSON.stringify(status === 200 ? { status: "Running" } : { Code: "Fault", Message: "no" }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const handler = await bundled(
      "tasks",
      `import { fcTasks } from "${ADAPTERS}/aliyun/tasks.ts";
const codeOf = (call: Promise<unknown>) => call.then(() => "done", (error) => error.code);
export const handler = async ({ endpoint }: { endpoint: string }) => {
  const tasks = fcTasks({ accountId: "1", region: "cn-hangzhou", endpoint, protocol: "HTTP", accessKeyId: "k", accessKeySecret: "s", securityToken: "t" });
  return { started: await codeOf(tasks.start("f", "new", {})), again: await codeOf(tasks.start("f", "known", {})), state: await tasks.state("f", "known"), unknown: await tasks.state("f", "x"), refused: await codeOf(tasks.start("refused", "new", {})) };
};`,
    );
    const seen = await handler({ endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}` }).finally(() => server.close());
    expect(seen).toEqual({ started: "done", again: "done", state: "running", unknown: "unknown", refused: "denied" });
  });

  it("is not used by any call to a cluster: answers, compressed ones, errors, pages in other charsets, no answer", async () => {
    const server = createServer((request, response) => {
      const path = (request.url ?? "").split("?")[0];
      if (path === "/_nodes/plugins" || path === "/_cat/x") return void request.socket.destroy();
      if (path === "/_snapshot") return void response.writeHead(403, { "content-type": "text/html; charset=gbk" }).end("<p>no</p>");
      const answers: Record<string, unknown> = {
        "/": { version: { number: "7.10.2" } },
        "/_cluster/state/metadata%2Cnodes": { cluster_name: "c", metadata: { cluster_uuid: "u" } },
        "/_cluster/health": { number_of_data_nodes: 1 },
      };
      const answer = answers[path ?? ""];
      if (answer === undefined)
        return void response.writeHead(500, { "content-type": "application/json" }).end('{"error":{"type":"x","reason":"y"}}');
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(gzipSync(JSON.stringify(answer)));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const handler = await bundled(
      "cluster",
      `import { elasticsearchCluster } from "${ADAPTERS}/elasticsearch/cluster.ts";
const codeOf = (call: Promise<unknown>) => call.then(() => "done", (error) => error.code);
export const handler = async ({ url }: { url: string }) => {
  const cluster = elasticsearchCluster({ name: "c", url, username: "u", password: "p" });
  return { info: await cluster.info(), denied: await codeOf(cluster.listRepositories()), refused: await codeOf(cluster.listIndices()), cut: await codeOf(cluster.plugins()) };
};`,
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const seen = await handler({ url }).finally(() => server.close());
    expect(seen).toEqual({
      info: { uuid: "u", name: "c", version: "7.10.2", dataNodes: 1 },
      denied: "denied",
      refused: "refused",
      cut: "transient",
    });
  });
});

it("the packages of which only some exports are bundled have all that the adapters import", () => {
  const sources = readdirSync("shared", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const missing = sources.flatMap((file) => {
    const text = readFileSync(join("shared", file), "utf8");
    return Object.values(VENDOR_FILES)
      .flatMap((packages) => Object.entries(packages))
      .flatMap(([name, exported]) => {
        if (exported === "whole") return [];
        const lists = [...text.matchAll(new RegExp(`import (?!type)\\{([^}]*)\\} from "${name}"`, "g"))].map(([, list]) => list ?? "");
        const late = [...text.matchAll(new RegExp(`import\\("${name}"\\)[^;]*?\\b([A-Z]\\w+|defaultProvider)`, "g"))].map(
          ([, one]) => one ?? "",
        );
        const names = [...lists.flatMap((list) => list.split(",").map((one) => one.trim())), ...late];
        return names.filter((one) => one !== "" && !one.startsWith("type ") && !exported.includes(one)).map((one) => `${file}: ${one}`);
      });
  });
  expect(missing).toEqual([]);
});
