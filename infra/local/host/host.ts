import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../../../shared/model/config.ts";
import { loadConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { initialise } from "../../../shared/runtime/initialise.ts";
import { readSettings } from "../../../shared/runtime/settings.ts";
import { connect } from "../../../shared/runtime/wire.ts";
import { bundleFunctions } from "../../deploy/bundle.ts";
import { type FunctionHost, startFunctionHost } from "../fc/host.ts";
import { fireTimer, startTimers, type Timers } from "../fc/timers.ts";
import type { OssServer } from "../oss/startOss.ts";
import type { ElasticsearchServer } from "../servers/elasticsearch.ts";
import { requireFreePort } from "../servers/ports.ts";
import { checkTools } from "../servers/tools.ts";
import { roleArns } from "./accountKeys.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
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
  /** Starts the timers of s.yaml in real time. */
  startTimers(): void;
  close(): Promise<void>;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/**
 * Starts all parts: two real clusters, a real S3 server, the OSS stand-in, and what s.yaml deploys to Function Compute: the same bundles, with
 * its figures, variables and triggers.
 */
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
    const { configFile, configPath, configText, config, deployment } = await readDeployed(plan, options);
    plan.region = deployment.region;
    keepPlan(plan);
    await makeDirectories(plan);
    onNote("bundling the functions");
    const bundles = await bundleFunctions({ configText, outDir: plan.directories.bundles });
    const functions = startFunctionHost({
      functions: deployment.specs(bundles, {
        variables: { OSSNAP_FC_ENDPOINT: `http://127.0.0.1:${plan.ports.fcApi}` },
        credentialsOf: (role) => (role === roleArns(plan.accountId).http ? plan.keys.http : plan.keys.workers),
      }),
      credentials: plan.oss,
      region: plan.region,
      accountId: plan.accountId,
      eventsDirectory: plan.directories.events,
      onLog: options.onLog ?? (() => undefined),
    });
    closers.push(() => functions.close());
    const { oss, board, httpUrl } = await startListeners({ plan, config, deployment, functions, closers, options });
    const [source, target] = await startClusters({ plan, closers, onNote });
    await openState(plan, configPath);
    functions.resume();
    const environmentFile = join(places.base, "current.env");
    await writeFile(environmentFile, environmentText(plan, configFile), { mode: 0o600 });
    closers.push(() => rm(environmentFile, { force: true }));
    return { plan, config, functions, oss, board, source, target, httpUrl, ...triggersOf(deployment, functions, closers), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What would be deployed: ossnap.yaml, or another configuration, and s.yaml. */
async function readDeployed({ environment, accountId }: LocalPlan, { configFile: named, configured }: LocalHostOptions) {
  const configFile = named === undefined ? undefined : resolve(named);
  const configPath = configFile ?? join(ROOT, "ossnap.yaml");
  const text = await readFile(configPath, "utf8");
  const configText = configured?.(text) ?? text;
  const config = loadConfig(configText, environment);
  const isOther = configFile !== undefined || configured !== undefined;
  const { workers: OSSNAP_ROLE_ARN, http: OSSNAP_HTTP_ROLE_ARN } = roleArns(accountId);
  const deployment = readDeployment(await readFile(join(ROOT, "s.yaml"), "utf8"), {
    environment: { ...environment, ACCOUNT_ID: accountId, OSSNAP_ROLE_ARN, OSSNAP_HTTP_ROLE_ARN },
    other: isOther ? config : undefined,
  });
  return { configFile, configPath, configText, config, deployment };
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

/** Runs `ossnap init`, as a user would once, and releases the claims left by a killed host. */
async function openState(plan: LocalPlan, configPath: string): Promise<void> {
  const environment = { ...plan.environment, OSSNAP_CONFIG: configPath, ...credentialVariables(plan) };
  const settings = readSettings("ossnap.yaml", environment);
  const context = { requestId: "init", function: { name: "init", timeout: 60 }, region: plan.region, accountId: plan.accountId };
  await initialise(settings, context);
  await releaseClaims(connect(settings, context).state);
}

/** Of the command line. */
function credentialVariables(plan: LocalPlan): Record<string, string> {
  const { accessKeyId, accessKeySecret } = plan.keys.terminal;
  return { ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret };
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
    .map(([name, value]) => `${name}=${/\s#/.test(value) ? `"${value}"` : value}`)
    .join("\n")}\n`;
}

function triggersOf(
  deployment: Deployment,
  functions: FunctionHost,
  closers: (() => Promise<void>)[],
): Pick<LocalHost, "fire" | "tick" | "startTimers"> {
  return {
    async fire(functionName, at, policy) {
      const payload = policy === undefined ? "" : JSON.stringify({ policy });
      await fireTimer(functions, { functionName: deployment.nameOf(functionName), name: policy ?? "schedule", payload }, at);
    },
    async tick() {
      const event = { triggerTime: `${new Date().toISOString().slice(0, 19)}Z`, triggerName: "every-minute", payload: "" };
      const result = await functions.invoke(deployment.nameOf("advanceJobs"), event);
      if (!result.ok) throw new Error(`advanceJobs: ${result.errorMessage}`);
      return JSON.parse(result.value.toString("utf8"));
    },
    startTimers() {
      const running: Timers = startTimers({ host: functions, triggers: deployment.timers });
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
