import { randomBytes, randomUUID } from "node:crypto";
import { keysOfEnvironment } from "../adapters/aws/keys.ts";
import { webhookNotifier } from "../adapters/webhook/notifier.ts";
import { loadingPort } from "../adapters/wrap/loading.ts";
import { redactingNotifier, redactingStore } from "../adapters/wrap/redacting.ts";
import { redactingErrors } from "../adapters/wrap/redactingErrors.ts";
import { jobLog } from "../jobs/log.ts";
import { READ_RESERVE_MS, readingInTime } from "../jobs/readingInTime.ts";
import type { World } from "../jobs/world.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { Cluster } from "../model/cluster.ts";
import type { AwsAccess, Config, Place } from "../model/config.ts";
import { AppError } from "../model/errors.ts";
import type { Instances } from "../model/instances/instances.ts";
import type { Logger } from "../model/logger.ts";
import { reason } from "../model/reason.ts";
import type { Tasks } from "../model/tasks.ts";
import { thereText } from "../repository/fault.ts";
import { openState, type StateIdentity } from "../state/identity.ts";
import { steadyNow } from "../state/steadyNow.ts";
import type { FcContext } from "./context.ts";
import { redactor, secretsKnown } from "./redact.ts";
import { type RuntimeSettings, VERSION } from "./settings.ts";
import { openStore, type StoreSetting, withKeys, withRoleKeys } from "./stores.ts";

/** Reserved for the response: one still in transit when the invocation ends is lost. */
const DEADLINE_MARGIN_MS = 1_000;
/** Read-only terminal commands have no deadline and report failures themselves: that a store does not answer, after a quarter of this. */
const BY_HAND: StoreSetting = {
  logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  remainingMs: () => Number.POSITIVE_INFINITY,
  timeoutMs: 60_000,
};
/** A terminal's requests must end before its claims of 60 s do, so a request to a store may take a quarter of this. */
const TERMINAL_TIMEOUT_MS = 120_000;
/** By the state's url: read once per instance, and again when the listing does not show its mark. */
const identities = new Map<string, StateIdentity>();

/** The connections of one invocation without its open state: enough to read a bucket. */
export interface Connections {
  cluster(name: string): Cluster;
  blobs: World["blobs"];
  instances(region: string | undefined): Instances;
  state: BlobStore;
  tasks: Tasks;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Opens nothing yet; each client is loaded and created once, on first use. */
export function connect(settings: RuntimeSettings, context: FcContext, setting: StoreSetting = BY_HAND): Connections {
  const { config } = settings;
  const redact = redactor(secretsKnown(settings.secrets, context));
  const clusters = new Map<string, Cluster>();
  const stores = new Map<string, BlobStore>();
  const blobs = (place: Place, use?: "moving"): BlobStore => {
    const key = JSON.stringify([place.store, place.endpoint, place.bucket, place.basePath, use]);
    const known =
      stores.get(key) ?? redactingErrors(openStore(withKeys(place, settings, context), { ...setting, isMoving: use === "moving" }), redact);
    stores.set(key, known);
    return known;
  };
  return {
    blobs,
    // Lazy: a proof of one repository needs no keys of the state.
    get state() {
      return blobs(config.state);
    },
    cluster(name) {
      const wanted = config.clusters[name];
      if (!wanted) throw new AppError("invalid", `clusters: no "${name}" in ossnap.yaml; ${thereText(Object.keys(config.clusters))}`);
      const { instanceId: _, region: __, aws, ...access } = wanted;
      const open = async () => {
        const { elasticsearchCluster } = await import("../adapters/elasticsearch/cluster.ts");
        return elasticsearchCluster({ name, ...access, aws: aws && signingOf(aws, settings), remainingMs: setting.remainingMs });
      };
      const known = clusters.get(name) ?? redactingErrors(loadingPort<Cluster, "name">({ name }, open), redact);
      clusters.set(name, known);
      return known;
    },
    instances: (region) => redactingErrors(openInstances(settings, context, { region, remainingMs: setting.remainingMs }), redact),
    get tasks() {
      return redactingErrors(openTasks(settings, context, setting.endsInTime), redact);
    },
  };
}

/** One place without a configuration: uses its own keys, otherwise on OSS the context's. */
export function connectPlace(place: Place, context: FcContext): BlobStore {
  const keyed = withRoleKeys(place, context);
  return redactingErrors(openStore(keyed, BY_HAND), redactor([keyed.secretAccessKey, keyed.securityToken, keyed.sessionToken]));
}

export interface Invocation {
  functionName: string;
  context: FcContext;
  startedMs: number;
  logger: Logger;
  /** Also opens a state that has lost the contents of `live/`. */
  adopting?: boolean | undefined;
  /** A person waits for it and may close it at any moment. */
  isTerminal?: boolean | undefined;
}

/** Everything a verb may access, with the state's identity verified. Only this file, stores.ts and secrets.ts know adapters. */
export async function openWorld(settings: RuntimeSettings, invocation: Invocation): Promise<World> {
  const { context, logger, functionName, startedMs, adopting, isTerminal = false } = invocation;
  const timeoutMs = context.function.timeout * 1000;
  const deadlineMs = startedMs + timeoutMs - DEADLINE_MARGIN_MS;
  let limitMs = Number.POSITIVE_INFINITY;
  const nowMs = steadyNow(Date.now, () => performance.now());
  const remainingMs = () => Math.min(deadlineMs, limitMs) - nowMs();
  const limitRequests = (ms = Number.POSITIVE_INFINITY) => {
    limitMs = nowMs() + ms;
  };
  const setting = isTerminal ? { timeoutMs: Math.min(timeoutMs, TERMINAL_TIMEOUT_MS), endsInTime: true } : { timeoutMs };
  const connections = connect(settings, context, { logger, remainingMs, ...setting });
  const redact = redactor(secretsKnown(settings.secrets, context));
  const state = redactingStore(connections.state, redact);
  const { identity, clock, live } = await openState(state, () => new Date(nowMs()), identities.get(state.url), { adopting });
  identities.set(state.url, identity);
  const by = { function: functionName, requestId: context.requestId, nonce: randomUUID() };
  return {
    config: settings.config,
    warnings: settings.warnings,
    state,
    identity,
    clock,
    by,
    log: jobLog(state, clock, by),
    live,
    paused: live.paused,
    cluster: connections.cluster,
    blobs: (place, use) =>
      readingInTime(connections.blobs(place, use), { remainingMs, reserveMs: Math.min(READ_RESERVE_MS, timeoutMs / 4) }),
    instances: connections.instances,
    get tasks() {
      return connections.tasks;
    },
    notifiers: notifiersOf(settings.config, identity.id).map((notifier) => redactingNotifier(notifier, redact)),
    logger,
    remainingMs,
    sleep,
    ...(isTerminal ? { terminal: { limitRequests } } : {}),
    newKey: () => randomBytes(12).toString("hex"),
    copyFunction: settings.copyFunction,
    continueFunction: settings.continueFunction,
    version: VERSION,
  };
}

/** The entry's own keys, those of the environment's variables, or what the environment's profile or role gives. */
function signingOf({ region, accessKeyId, secretAccessKey, sessionToken }: AwsAccess, { awsKeys }: RuntimeSettings) {
  const own = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, sessionToken } : awsKeys;
  return { region, keys: own ? async () => own : keysOfEnvironment() };
}

function notifiersOf(config: Config, source: string) {
  return config.notify.map(({ url, secret }) => webhookNotifier({ url, secret, source: `ossnap/${source}` }));
}

/** The role's of the context, otherwise those of the environment. */
function apiKeys({ credentials }: RuntimeSettings, context: FcContext) {
  if (context.credentials || !credentials) return context.credentials;
  const { accessKeyId, secretAccessKey, securityToken } = credentials;
  return { accessKeyId, accessKeySecret: secretAccessKey, securityToken };
}

function openInstances(
  settings: RuntimeSettings,
  context: FcContext,
  { region = context.region, remainingMs }: { region: string | undefined; remainingMs: () => number },
): Instances {
  const keys = apiKeys(settings, context);
  if (!keys)
    throw new AppError(
      "denied",
      "instances: there are no keys for Alibaba Cloud; give the function a role, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    );
  if (!region)
    throw new AppError("invalid", "clusters: the region of the instance is not known; add region: cn-hangzhou beside instanceId");
  const { host, protocol } = settings.instancesEndpoint ?? {};
  const options = { region, endpoint: host, protocol, ...keys, remainingMs, sleep, random: Math.random };
  return loadingPort<Instances>({}, async () => (await import("../adapters/aliyun/instances.ts")).aliyunInstances(options));
}

/** In a terminal there may be no Function Compute at all: what starts a task is then the next tick, wherever it runs. */
function openTasks(settings: RuntimeSettings, context: FcContext, isTerminal = false): Tasks {
  const { fcEndpoint } = settings;
  const keys = apiKeys(settings, context);
  const isKnown = keys && context.accountId && context.region;
  if (!isKnown && isTerminal)
    throw new AppError("denied", "tasks: this terminal knows no Function Compute: the account, its region or its keys are not set", {
      reason: reason("tasks.notHere"),
    });
  if (!keys || !context.accountId || !context.region)
    throw new AppError(
      "denied",
      "tasks: the function has no role, account or region in its context; give it a role with fc:InvokeFunction",
    );
  const { accessKeyId, accessKeySecret, securityToken } = keys;
  const { host, protocol } = fcEndpoint ?? {};
  const place = { accountId: context.accountId, region: context.region, endpoint: host, protocol };
  const options = { ...place, accessKeyId, accessKeySecret, securityToken };
  return loadingPort<Tasks>({}, async () => (await import("../adapters/aliyun/tasks.ts")).fcTasks(options));
}
