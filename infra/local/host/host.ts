import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../../../shared/model/config.ts";
import { loadConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { initialise } from "../../../shared/runtime/initialise.ts";
import { readSettings } from "../../../shared/runtime/settings.ts";
import { connect } from "../../../shared/runtime/wire.ts";
import { bundleFunctions } from "../../deploy/bundle.ts";
import { FUNCTION_NAMES, figuresOf } from "../../deploy/functionFigures.ts";
import { timersFor } from "../../deploy/timersFor.ts";
import type { FunctionSpec } from "../fc/functionSpec.ts";
import { type FunctionHost, startFunctionHost } from "../fc/host.ts";
import { fireTimer, startTimers, type Timers, type TimerTrigger } from "../fc/timers.ts";
import type { OssServer } from "../oss/startOss.ts";
import type { ElasticsearchServer } from "../servers/elasticsearch.ts";
import { requireFreePort } from "../servers/ports.ts";
import { checkTools } from "../servers/tools.ts";
import type { NoticeBoard, ReceivedNotice } from "./noticeBoard.ts";
import { startClusters, startDoors } from "./parts.ts";
import { openPlaces } from "./places.ts";
import { keepPlan, type LocalPlan, openPlan, type Ports, type Versions } from "./plan.ts";
import { releaseClaims } from "./releaseClaims.ts";
import { takeRun } from "./runs.ts";

/** Where every part of the running host can be reached, and how to make its triggers fire. */
export interface LocalHost {
  plan: LocalPlan;
  config: Config;
  functions: FunctionHost;
  oss: OssServer;
  board: NoticeBoard;
  source: ElasticsearchServer;
  target: ElasticsearchServer;
  httpUrl: string;
  /** Fires a policy's timer as if it were that moment. */
  fire(functionName: "createSnapshots" | "pruneSnapshots", policy: string, at: Date): Promise<void>;
  /** One tick of advanceJobs, now; its report. */
  tick(): Promise<unknown>;
  /** From now on the timers of ossnap.yaml run in real time. */
  startTimers(): void;
  close(): Promise<void>;
}

export interface LocalHostOptions {
  onNote?(text: string): void;
  onNotice?(notice: ReceivedNotice): void;
  onLog?(line: string): void;
  environment?: Readonly<Record<string, string | undefined>>;
  /** 5.5.2 and 5.5.3 when left out, or what the data directory was begun with. */
  versions?: Versions | undefined;
  /** Keeps everything there, and goes on from what is there; without it a fresh directory comes and goes with the host. */
  dataDirectory?: string | undefined;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Starts the whole of it: two real clusters, a real S3 server, the OSS stand-in, and the very bundles that go to Function Compute. */
export async function startLocalHost(options: LocalHostOptions = {}): Promise<LocalHost> {
  const { onNote = () => undefined, environment = process.env } = options;
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
    const configText = await readFile(join(ROOT, "ossnap.yaml"), "utf8");
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
    const { oss, board, httpUrl } = await startDoors({ plan, config, functions, closers, options });
    const [source, target] = await startClusters({ plan, closers, onNote });
    await openState(plan);
    functions.resume();
    const environmentFile = join(places.base, "current.env");
    await writeFile(environmentFile, environmentText(plan), { mode: 0o600 });
    closers.push(() => rm(environmentFile, { force: true }));
    return { plan, config, functions, oss, board, source, target, httpUrl, ...triggersOf(config, functions, closers), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** All at the start, before anything takes seconds. */
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

/** Under their names in ossnap's own code and, for tasks, under the name they are deployed by. */
function specsOf(bundles: readonly { name: string; path: string }[]): FunctionSpec[] {
  return bundles.map(({ name, path }) => {
    const figures = figuresOf(FUNCTION_NAMES.find((known) => known === name) ?? "http");
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

/** `ossnap init`, as a person would run it once; what a killed host left claimed is free again. */
async function openState(plan: LocalPlan): Promise<void> {
  const environment = { ...plan.environment, OSSNAP_CONFIG: join(ROOT, "ossnap.yaml"), ...credentialVariables(plan) };
  const settings = readSettings("ossnap.yaml", environment);
  const context = { requestId: "init", function: { name: "init", timeout: 60 }, region: plan.region, accountId: plan.accountId };
  await initialise(settings, context);
  await releaseClaims(connect(settings, context).state);
}

function credentialVariables(plan: LocalPlan): Record<string, string> {
  return { ALIBABA_CLOUD_ACCESS_KEY_ID: plan.oss.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: plan.oss.accessKeySecret };
}

/** For a second terminal: what ossnap.yaml and the command line want to know, readable by this user only. */
function environmentText(plan: LocalPlan): string {
  const all = {
    ...plan.environment,
    ...credentialVariables(plan),
    OSSNAP_ACCOUNT_ID: plan.accountId,
    OSSNAP_HTTP_URL: `http://127.0.0.1:${plan.ports.http}`,
    OSSNAP_TOKEN: plan.tokens.operator,
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
      functionName: figuresOf(name).functionName,
      name: triggerName,
      cron: triggerConfig.cronExpression,
      payload: triggerConfig.payload ?? "",
    })),
  );
  return {
    async fire(functionName, policy, at) {
      await fireTimer(
        functions,
        { functionName: figuresOf(functionName).functionName, name: policy, payload: JSON.stringify({ policy }) },
        at,
      );
    },
    async tick() {
      const event = { triggerTime: `${new Date().toISOString().slice(0, 19)}Z`, triggerName: "every-minute", payload: "" };
      const result = await functions.invoke(figuresOf("advanceJobs").functionName, event);
      if (!result.ok) throw new Error(`advanceJobs: ${result.errorMessage}`);
      return JSON.parse(result.value.toString("utf8"));
    },
    startTimers() {
      const running: Timers = startTimers({ host: functions, triggers });
      closers.push(async () => running.close());
    },
  };
}

/** Last started, first stopped; one that fails does not keep the others. */
function closeOnce(closers: (() => Promise<void>)[]): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= (async () => {
      for (const closer of closers.reverse()) await closer().catch((error: unknown) => console.error(`while stopping: ${String(error)}`));
    })();
    return closing;
  };
}
