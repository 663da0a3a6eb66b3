import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../../../shared/model/config.ts";
import { loadConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { initialise } from "../../../shared/runtime/initialise.ts";
import { readSettings } from "../../../shared/runtime/settings.ts";
import { connect } from "../../../shared/runtime/wire.ts";
import { bundleFunctions } from "../../deploy/bundle.ts";
import { FUNCTION_NAMES, limitsOf } from "../../deploy/functionLimits.ts";
import { timersFor } from "../../deploy/timersFor.ts";
import type { FunctionSpec } from "../fc/functionSpec.ts";
import { type FunctionHost, startFunctionHost } from "../fc/host.ts";
import { fireTimer, startTimers, type Timers, type TimerTrigger } from "../fc/timers.ts";
import type { OssServer } from "../oss/startOss.ts";
import type { ElasticsearchServer } from "../servers/elasticsearch.ts";
import { requireFreePort } from "../servers/ports.ts";
import { checkTools } from "../servers/tools.ts";
import type { LocalHostOptions } from "./hostOptions.ts";
import type { NoticeBoard } from "./noticeBoard.ts";
import { startClusters, startListeners } from "./parts.ts";
import { openPlaces } from "./places.ts";
import { keepPlan, type LocalPlan, openPlan, type Ports } from "./plan.ts";
import { releaseClaims } from "./releaseClaims.ts";
import { takeRun } from "./runs.ts";

/** The parts of the running host and the means to fire its triggers. */
export interface LocalHost {
  plan: LocalPlan;
  config: Config;
  functions: FunctionHost;
  oss: OssServer;
  board: NoticeBoard;
  source: ElasticsearchServer;
  target: ElasticsearchServer;
  httpUrl: string;
  /** Fires the function's timer as of the given time: the policies that are due then start, or the named one, due or not. */
  fire(functionName: "createSnapshots" | "pruneSnapshots", at: Date, policy?: string): Promise<void>;
  /** Runs one tick of advanceJobs now and returns its report. */
  tick(): Promise<unknown>;
  /** Starts the timers of ossnap.yaml in real time. */
  startTimers(): void;
  close(): Promise<void>;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Starts all parts: two real clusters, a real S3 server, the OSS stand-in, and the same bundles that are deployed to Function Compute. */
export async function startLocalHost(options: LocalHostOptions = {}): Promise<LocalHost> {
  const { onNote = () => undefined, environment = process.env, configured = (text: string) => text } = options;
  await checkTools(environment);
  const places = await openPlaces(environment);
  const run = await takeRun(places, options.dataDirectory);
  const closers: (() => Promise<void>)[] = [() => run.close()];
  const close = closeOnce(closers);
  try {
    const plan = openPlan(run.directory, environment, options.versions);
    await requirePorts(plan.ports);
    keepPlan(plan);
    await makeDirectories(plan);
    const configFile = options.configFile === undefined ? undefined : resolve(options.configFile);
    const configPath = configFile ?? join(ROOT, "ossnap.yaml");
    const configText = configured(await readFile(configPath, "utf8"));
    const config = loadConfig(configText, plan.environment);
    onNote("bundling the functions");
    const bundles = await bundleFunctions({ configText, outDir: plan.directories.bundles });
    const functions = startFunctionHost({
      functions: specsOf(bundles),
      env: plan.environment,
      credentials: plan.oss,
      region: plan.region,
      accountId: plan.accountId,
      eventsDirectory: plan.directories.events,
      onLog: options.onLog ?? (() => undefined),
    });
    closers.push(() => functions.close());
    const { oss, board, httpUrl } = await startListeners({ plan, config, functions, closers, options });
    const [source, target] = await startClusters({ plan, closers, onNote });
    await openState(plan, configPath);
    functions.resume();
    const environmentFile = join(places.base, "current.env");
    await writeFile(environmentFile, environmentText(plan, configFile), { mode: 0o600 });
    closers.push(() => rm(environmentFile, { force: true }));
    return { plan, config, functions, oss, board, source, target, httpUrl, ...triggersOf(config, functions, closers), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Checks all ports first, before any step that takes seconds. */
async function requirePorts(ports: Ports): Promise<void> {
  const wanted: [number, string][] = [
    [ports.source.http, "source Elasticsearch"],
    [ports.target.http, "target Elasticsearch"],
    [ports.s3, "S3 server"],
    [ports.oss, "OSS stand-in"],
    [ports.http, "HTTP"],
    [ports.fcApi, "Function Compute API"],
    [ports.webhook, "notices"],
  ];
  for (const [port, what] of wanted) await requireFreePort(port, what);
}

async function makeDirectories({ directories }: LocalPlan): Promise<void> {
  for (const directory of [
    directories.s3Root,
    directories.sourceRepository,
    directories.ossRoot,
    join(directories.ossRoot, "ossnap-state"),
    join(directories.ossRoot, "moved"),
    directories.targetRepository,
    directories.bundles,
  ]) {
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o755);
  }
}

/** Registers the bundles under the names under which they are deployed. */
function specsOf(bundles: readonly { name: string; path: string }[]): FunctionSpec[] {
  return bundles.map(({ name, path }) => {
    const figures = limitsOf(FUNCTION_NAMES.find((known) => known === name) ?? "http");
    return {
      name: figures.functionName,
      bundle: path,
      handler: "index.handler",
      timeoutSeconds: figures.timeoutSeconds,
      memoryMb: figures.memoryMegabytes,
      maxAsyncRetryAttempts: figures.async?.retries,
      maxAsyncEventAgeSeconds: figures.async?.eventAgeSeconds,
      asyncTask: figures.async?.task,
      reservedConcurrency: figures.reservedConcurrency,
    };
  });
}

/** Runs `ossnap init`, as a user would once, and releases the claims left by a killed host. */
async function openState(plan: LocalPlan, configPath: string): Promise<void> {
  const environment = { ...plan.environment, OSSNAP_CONFIG: configPath, ...credentialVariables(plan) };
  const settings = readSettings("ossnap.yaml", environment);
  const context = { requestId: "init", function: { name: "init", timeout: 60 }, region: plan.region, accountId: plan.accountId };
  await initialise(settings, context);
  await releaseClaims(connect(settings, context).state);
}

function credentialVariables(plan: LocalPlan): Record<string, string> {
  return { ALIBABA_CLOUD_ACCESS_KEY_ID: plan.oss.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: plan.oss.accessKeySecret };
}

/** For a second terminal: the variables for ossnap.yaml and the command line, readable by this user only. */
function environmentText(plan: LocalPlan, configFile: string | undefined): string {
  const all = {
    ...plan.environment,
    ...credentialVariables(plan),
    OSSNAP_ACCOUNT_ID: plan.accountId,
    OSSNAP_HTTP_URL: `http://127.0.0.1:${plan.ports.http}`,
    OSSNAP_TOKEN: plan.tokens.operator,
    ...(configFile === undefined ? {} : { OSSNAP_CONFIG: configFile }),
  };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n")}\n`;
}

function triggersOf(
  config: Config,
  functions: FunctionHost,
  closers: (() => Promise<void>)[],
): Pick<LocalHost, "fire" | "tick" | "startTimers"> {
  const timers = timersFor(config);
  const triggers: TimerTrigger[] = (Object.keys(timers) as (keyof typeof timers)[]).flatMap((name) =>
    timers[name].map(({ triggerName, triggerConfig }) => ({
      functionName: limitsOf(name).functionName,
      name: triggerName,
      cron: triggerConfig.cronExpression,
      payload: triggerConfig.payload ?? "",
    })),
  );
  return {
    async fire(functionName, at, policy) {
      const payload = policy === undefined ? "" : JSON.stringify({ policy });
      await fireTimer(functions, { functionName: limitsOf(functionName).functionName, name: policy ?? "schedule", payload }, at);
    },
    async tick() {
      const event = { triggerTime: `${new Date().toISOString().slice(0, 19)}Z`, triggerName: "every-minute", payload: "" };
      const result = await functions.invoke(limitsOf("advanceJobs").functionName, event);
      if (!result.ok) throw new Error(`advanceJobs: ${result.errorMessage}`);
      return JSON.parse(result.value.toString("utf8"));
    },
    startTimers() {
      const running: Timers = startTimers({ host: functions, triggers });
      closers.push(async () => running.close());
    },
  };
}

/** Closes in reverse order of start; a failure does not stop the others from being closed. */
function closeOnce(closers: (() => Promise<void>)[]): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= (async () => {
      for (const closer of closers.reverse()) await closer().catch((error: unknown) => console.error(`while stopping: ${String(error)}`));
    })();
    return closing;
  };
}
