import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError, messageOf } from "../../shared/model/errors.ts";
import { readSource } from "../../shared/runtime/config/source.ts";
import { mapTexts } from "../../shared/runtime/config/tree.ts";
import { type Bundle, bundleFunctions } from "./bundle.ts";
import { oldestNode } from "./bundling/oldestNode.ts";
import { SMOKE_CASES, type SmokeCase } from "./smokeCases.ts";
import { standInsFor } from "./standIns.ts";

export interface SmokeResult {
  name: string;
  title: string;
  isGood: boolean;
  /** `error <code> <message>`, `answer <JSON>` or the reason why it did not finish. */
  outcome: string;
  coldLoadMs: number | undefined;
}

export interface SmokeOptions {
  /** The `node` binary that runs the bundles. */
  node: string;
  /** The functions' environment in addition to Function Compute's own variables. */
  env: Readonly<Record<string, string>>;
  cases: Readonly<Record<string, readonly SmokeCase[]>>;
}

/** Long enough for every retry against a closed port. */
const CALL_TIMEOUT_MS = 60_000;

/** Loads a bundle as Function Compute does, passes it a Buffer and writes the outcome to a file. */
const CALLER = `const { readFileSync, writeFileSync } = require("node:fs");
const [, , bundle, context, out] = process.argv;
const tell = (result) => { writeFileSync(out, JSON.stringify(result)); process.exit(0); };
const event = readFileSync(0);
const started = performance.now();
try {
  const { handler } = require(bundle);
  const coldLoadMs = Math.round(performance.now() - started);
  if (typeof handler !== "function") { tell({ outcome: "does not export handler", coldLoadMs }); }
  const logger = { debug() {}, info() {}, warn() {}, error() {}, log() {} };
  Promise.resolve().then(() => handler(event, { ...JSON.parse(context), logger })).then(
    (answer) => tell({ coldLoadMs, outcome: "answer " + (Buffer.isBuffer(answer) ? answer.toString() : JSON.stringify(answer)) }),
    (error) => tell({ coldLoadMs, outcome: "error " + (error?.code ?? error?.name) + " " + (error?.message ?? error) }),
  );
} catch (error) {
  tell({ outcome: "does not load: " + error?.message });
}
`;

/** Sends each case's event to its bundle, each in its own process; a bundle without cases is a fault of the table. */
export async function smoke(bundles: readonly Bundle[], options: SmokeOptions): Promise<SmokeResult[]> {
  const directory = await mkdtemp(join(tmpdir(), "ossnap-smoke-call-"));
  try {
    const caller = join(directory, "caller.cjs");
    await writeFile(caller, CALLER);
    const results: SmokeResult[] = [];
    for (const bundle of bundles) {
      const cases = options.cases[bundle.name] ?? [];
      if (cases.length === 0) {
        throw new AppError("invalid", `smoke run: ${bundle.name} has no cases`);
      }
      for (const one of cases) {
        const { outcome, coldLoadMs } = await call(caller, bundle, one, options);
        results.push({ name: bundle.name, title: one.title, isGood: one.expect.test(outcome), outcome, coldLoadMs });
      }
    }
    return results;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function call(
  caller: string,
  bundle: Bundle,
  one: SmokeCase,
  { node, env }: SmokeOptions,
): Promise<{ outcome: string; coldLoadMs?: number }> {
  const directory = dirname(bundle.path);
  const out = join(dirname(caller), "result.json");
  await rm(out, { force: true });
  const context = {
    requestId: "1-64f6cd87-smoke",
    credentials: { accessKeyId: "smoke", accessKeySecret: "smoke", securityToken: "smoke" },
    function: { name: bundle.name, handler: "index.handler", memory: 512, timeout: 60 },
    service: { logProject: "", logStore: "", qualifier: "LATEST", versionId: "" },
    region: "cn-hangzhou",
    accountId: "1",
    tracing: {},
  };
  const child = spawn(node, [caller, bundle.path, JSON.stringify(context), out], {
    cwd: directory,
    env: {
      ...env,
      FC_FUNC_CODE_PATH: directory,
      FC_FUNCTION_NAME: bundle.name,
      FC_REGION: context.region,
      FC_ACCOUNT_ID: context.accountId,
    },
    stdio: ["pipe", "ignore", "pipe"],
    timeout: CALL_TIMEOUT_MS,
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdin.end(typeof one.event === "string" ? one.event : JSON.stringify(one.event));
  const ended = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? String(code)));
  });
  const result = await readFile(out, "utf8").catch(() => undefined);
  return result === undefined ? { outcome: `ended with ${ended} before the handler did: ${said.trim()}` } : JSON.parse(result);
}

/** The example configuration with every address replaced by a closed port. */
function unreachableConfig(configText: string, url: string): string {
  return JSON.stringify(mapTexts(readSource(configText).source?.tree, (text) => (/^https?:\/\//.test(text) ? url : text)));
}

async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function main(): Promise<void> {
  const outDir = await mkdtemp(join(tmpdir(), "ossnap-smoke-"));
  try {
    const written = await readFile("ossnap.yaml", "utf8");
    const url = await closedUrl();
    const bundles = await bundleFunctions({ configText: unreachableConfig(written, url), outDir });
    const { node, label } = await oldestNode();
    process.stdout.write(`${bundles.length} bundles on ${label}\n`);
    const results = await smoke(bundles, { node, env: standInsFor(written, url), cases: SMOKE_CASES });
    for (const { name, title, isGood, outcome, coldLoadMs } of results) {
      const line = `${isGood ? "ok    " : "FAILED"} ${name.padEnd(16)} ${String(coldLoadMs ?? "-").padStart(4)} ms  ${title}`;
      process.stdout.write(isGood ? `${line}\n` : `${line}\n       found: ${outcome}\n`);
    }
    process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1;
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 2;
  });
}
