import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundleFunctions } from "../../../infra/deploy/bundle.ts";
import { smoke } from "../../../infra/deploy/smoke.ts";

/** Every library that a function may include, with the pitfalls of each: ESM only, needed at load, required lazily. */
const TIMER = `
import { Client } from "@elastic/elasticsearch";
import middy from "@middy/core";
import OSS from "ali-oss";
import { readFileSync } from "node:fs";
import * as z from "zod";
const Event = z.strictObject({ policy: z.string() });
export const handler = middy().handler(async (event: Buffer, context: { region: string }) => {
  const parsed = Event.safeParse(JSON.parse(event.toString()));
  if (!parsed.success) {
    throw Object.assign(new Error("event: policy is missing"), { code: "invalid" });
  }
  const config = JSON.parse(readFileSync(new URL("./ossnap.json", import.meta.url), "utf8"));
  return { policy: parsed.data.policy, region: context.region, password: config.clusters.source.password, libraries: [typeof Client, typeof OSS], secret: process.env.SECRET };
});
`;

const CONFIG = `
version: 1
state: { bucket: ossnap-state, prefix: prod/, endpoint: https://oss-cn-hangzhou.aliyuncs.com, region: cn-hangzhou }
clusters: { source: { url: "http://127.0.0.1:9252", username: elastic, password: "\${SOURCE_PASSWORD}" } }
`;

let directory: string;
let functionsDir: string;
let bundles: Bundle[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-bundle-test-"));
  // Below the project, where the bundler finds its libraries.
  await mkdir(resolve("node_modules/.cache"), { recursive: true });
  functionsDir = await mkdtemp(resolve("node_modules/.cache/ossnap-bundle-test-"));
  await writeFile(join(functionsDir, "timer.ts"), TIMER);
  await writeFile(join(functionsDir, "mute.ts"), "export const nothing = 1;");
  await writeFile(join(functionsDir, "dead.ts"), 'throw new Error("no such thing"); export const handler = 1;');
  await writeFile(join(functionsDir, "wrong.ts"), 'import { gone } from "./gone.ts"; export const handler = gone;');
  bundles = await bundleFunctions({ configText: CONFIG, outDir: directory, functionsDir, names: ["timer", "mute", "dead"] });
}, 60_000);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await rm(functionsDir, { recursive: true, force: true });
});

async function outcomesOf(name: string, ...events: unknown[]): Promise<string[]> {
  const cases = { [name]: events.map((event) => ({ title: "", event, expect: /./ })) };
  const results = await smoke(
    bundles.filter((bundle) => bundle.name === name),
    { node: process.execPath, env: { SECRET: "from the environment" }, cases },
  );
  return results.map(({ outcome }) => outcome);
}

describe("bundle", () => {
  it("runs outside the project, with all libraries included and the configuration beside it", async () => {
    const [answer, error] = await outcomesOf("timer", { policy: "nightly" }, {});
    expect(JSON.parse((answer ?? "").replace("answer ", ""))).toEqual({
      policy: "nightly",
      region: "cn-hangzhou",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder itself is what must be there.
      password: "${SOURCE_PASSWORD}",
      libraries: ["function", "function"],
      secret: "from the environment",
    });
    expect(error).toBe("error invalid event: policy is missing");
  });

  it("is placed where s.yaml expects it, with its size reported", async () => {
    const [timer] = bundles;
    expect(timer?.path).toBe(join(directory, "timer", "index.js"));
    expect(timer?.sizeBytes).toBe((await readFile(join(directory, "timer", "index.js"))).length);
    expect(JSON.parse(await readFile(join(directory, "package.json"), "utf8"))).toEqual({ type: "commonjs" });
  });

  it("is not built from an entry that fails to bundle; the error names the function and the cause", async () => {
    const attempt = bundleFunctions({ configText: CONFIG, outDir: directory, functionsDir, names: ["wrong"] });
    await expect(attempt).rejects.toMatchObject({ code: "invalid", message: expect.stringMatching(/^bundle of wrong: .*gone\.ts/s) });
  });

  it("is not built with a faulty configuration", async () => {
    const attempt = bundleFunctions({
      configText: CONFIG.replace("version: 1", "version: 9"),
      outDir: directory,
      functionsDir,
      names: ["timer"],
    });
    await expect(attempt).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("version") });
  });
});

describe("smoke run", () => {
  it("reports a bundle that does not load, and one without a handler", async () => {
    expect(await outcomesOf("dead", {})).toEqual(["does not load: no such thing"]);
    expect(await outcomesOf("mute", {})).toEqual(["does not export handler"]);
  });

  it("fails when the outcome differs from the expected one, and rejects a function without cases", async () => {
    const timer = bundles.filter(({ name }) => name === "timer");
    const options = { node: process.execPath, env: {} };
    const [result] = await smoke(timer, { ...options, cases: { timer: [{ title: "", event: {}, expect: /^answer/ }] } });
    expect(result).toMatchObject({ isGood: false, outcome: "error invalid event: policy is missing" });
    await expect(smoke(timer, { ...options, cases: {} })).rejects.toThrow("smoke run: timer has no cases");
  });
});

describe("a certificate that ossnap.yaml names as a file", () => {
  const withCa = (ca: string) =>
    CONFIG.replace("http://127.0.0.1:9252", "https://127.0.0.1:9252").replace("username:", `ca: "${ca}", username:`);
  const bundleWith = (ca: string) =>
    bundleFunctions({
      configText: withCa(ca),
      configDir: resolve("test/fixtures/tls"),
      outDir: join(directory, "ca"),
      functionsDir,
      names: ["mute"],
    });

  it("is contained in the bundle's configuration, which has no files beside it", async () => {
    await bundleWith("ca.pem");
    const { clusters } = JSON.parse(await readFile(join(directory, "ca", "mute", "ossnap.json"), "utf8"));
    expect(clusters.source.ca).toBe(await readFile(resolve("test/fixtures/tls/ca.pem"), "utf8"));
  });

  it("is named when it is missing or holds none", async () => {
    await expect(bundleWith("gone.pem")).rejects.toThrow('clusters.source.ca: there is no such file: "gone.pem"');
    await expect(bundleWith("server.key")).rejects.toThrow("clusters.source.ca: a private key, which only the CA may have");
  });

  it("is left to the environment when a variable names it", async () => {
    await bundleWith(`\${CA}`);
    expect(await readFile(join(directory, "ca", "mute", "ossnap.json"), "utf8")).toContain(`"\${CA}"`);
  });
});
