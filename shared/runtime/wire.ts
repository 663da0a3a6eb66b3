import { randomBytes, randomUUID } from "node:crypto";
import { fcTasks } from "../adapters/aliyun/tasks.ts";
import { directoryBlobStore } from "../adapters/directory/blobStore.ts";
import { elasticsearchCluster } from "../adapters/elasticsearch/cluster.ts";
import { ossBlobStore, ossBucketIsVersioned } from "../adapters/oss/blobStore.ts";
import { s3BlobStore } from "../adapters/s3/blobStore.ts";
import { webhookNotifier } from "../adapters/webhook/notifier.ts";
import { retrying } from "../adapters/wrap/retryingBlobStore.ts";
import { stateKey } from "../jobs/keys.ts";
import { jobLog } from "../jobs/log.ts";
import { openState } from "../jobs/state.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { Cluster } from "../model/cluster.ts";
import type { Config, Place } from "../model/config.ts";
import { AppError } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import type { Tasks } from "../model/tasks.ts";
import { overlapOf } from "../repository/place.ts";
import type { World } from "../run/world.ts";
import type { FcContext } from "./context.ts";
import { redactor } from "./redact.ts";
import { type RuntimeSettings, VERSION } from "./settings.ts";

/** An answer on its way back when the invocation ends is lost; so much is kept for it. */
const DEADLINE_MARGIN_MS = 1_000;
const RETRY = { attempts: 5, baseMs: 100, capMs: 5_000 };

/** The connections of one invocation, without its state: what a look at a bucket needs. */
export interface Connections {
  cluster(name: string): Cluster;
  blobs(place: Place): BlobStore;
  state: BlobStore;
  tasks: Tasks;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Opens nothing yet; each client is made once, when it is first asked for. */
export function connect(settings: RuntimeSettings, context: FcContext): Connections {
  const { config } = settings;
  const clusters = new Map<string, Cluster>();
  const stores = new Map<string, BlobStore>();
  const blobs = (place: Place): BlobStore => {
    const key = JSON.stringify([place.store, place.endpoint, place.bucket, place.basePath]);
    const known = stores.get(key) ?? openRetrying(withKeys(place, settings, context));
    stores.set(key, known);
    return known;
  };
  return {
    blobs,
    // Not before it is asked for: a proof of one repository needs no keys of the state.
    get state() {
      return blobs(config.state);
    },
    cluster(name) {
      const wanted = config.clusters[name];
      if (!wanted)
        throw new AppError("invalid", `clusters: no "${name}" in ossnap.yaml; there are: ${Object.keys(config.clusters).join(", ")}`);
      const { url, username, password } = wanted;
      const known =
        clusters.get(name) ??
        elasticsearchCluster({
          name,
          url,
          ...(username === undefined ? {} : { username }),
          ...(password === undefined ? {} : { password }),
        });
      clusters.set(name, known);
      return known;
    },
    get tasks() {
      return openTasks(settings, context);
    },
  };
}

/** Asked by `ossnap init` only; other stores than OSS have no such trap. */
export async function stateIsVersioned(settings: RuntimeSettings, context: FcContext): Promise<boolean> {
  const { store, bucket, endpoint, region, accessKeyId, secretAccessKey, securityToken } = withKeys(
    settings.config.state,
    settings,
    context,
  );
  if (store !== "oss" || !region || !accessKeyId || !secretAccessKey) return false;
  return ossBucketIsVersioned({ bucket, endpoint, region, accessKeyId, secretAccessKey, securityToken });
}

/** One place without a configuration: with its own keys, else on OSS with the context's. */
export function connectPlace(place: Place, context: FcContext): BlobStore {
  return openRetrying(withRoleKeys(place, context));
}

export interface Invocation {
  functionName: string;
  context: FcContext;
  startedMs: number;
  logger: Logger;
}

/** Everything a verb may touch, with the state's identity checked: the only place that knows adapters. */
export async function openWorld(settings: RuntimeSettings, invocation: Invocation): Promise<World> {
  const { context, logger, functionName, startedMs } = invocation;
  const connections = connect(settings, context);
  const { state } = connections;
  const { identity, clock } = await openState(state, () => new Date());
  const by = { function: functionName, requestId: context.requestId, nonce: randomUUID() };
  const deadlineMs = startedMs + context.function.timeout * 1000 - DEADLINE_MARGIN_MS;
  return {
    config: settings.config,
    state,
    identity,
    clock,
    by,
    log: jobLog(
      state,
      clock,
      by,
      redactor([...settings.secrets, context.credentials?.accessKeySecret, context.credentials?.securityToken]),
    ),
    paused: (await state.head(stateKey.paused)) !== undefined,
    cluster: connections.cluster,
    blobs: connections.blobs,
    get tasks() {
      return connections.tasks;
    },
    notifiers: notifiersOf(settings.config, identity.id),
    logger,
    remainingMs: () => deadlineMs - Date.now(),
    sleep,
    newKey: () => randomBytes(12).toString("hex"),
    copyFunction: settings.copyFunction,
    continueFunction: settings.continueFunction,
    version: VERSION,
  };
}

function notifiersOf(config: Config, source: string) {
  return config.notify.map(({ url, secret }) => webhookNotifier({ url, secret, source: `ossnap/${source}` }));
}

function openRetrying(place: Place): BlobStore {
  return retrying(openPlace(place), { ...RETRY, sleep, random: Math.random, now: Date.now });
}

function openPlace(place: Place): BlobStore {
  const { store, bucket, basePath, endpoint, region, accessKeyId, secretAccessKey } = place;
  if (store === "directory") return directoryBlobStore({ directory: bucket, basePath });
  if (!region) throw new AppError("invalid", `${store}://${bucket}: region is missing, and its endpoint names none; add region:`);
  if (!accessKeyId || !secretAccessKey)
    throw new AppError(
      "denied",
      `${store}://${bucket}: no access key; set accessKeyId and secretAccessKey, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET`,
    );
  const common = { bucket, basePath, region, accessKeyId, secretAccessKey, endpoint };
  return store === "s3" ? s3BlobStore(common) : ossBlobStore({ ...common, securityToken: (place as KeyedPlace).securityToken });
}

type KeyedPlace = Place & { securityToken?: string | undefined };

/** Places in job logs carry no keys: the configured place that holds them gives its own, else on OSS the function's role does. */
function withKeys(place: Place, settings: RuntimeSettings, context: FcContext): KeyedPlace {
  if (place.accessKeyId) return place;
  const { config, credentials } = settings;
  const known = [
    ...Object.values(config.repositories).map(({ blobs }) => blobs),
    ...Object.values(config.watches).map(({ blobs }) => blobs),
    ...Object.values(config.copies).map(({ to }) => to),
    config.state,
  ];
  const keyed = known.find((other) => other?.accessKeyId && other.store === place.store && overlapOf(other, place) === "same");
  if (keyed) return { ...place, accessKeyId: keyed.accessKeyId, secretAccessKey: keyed.secretAccessKey };
  if (place.store === "oss" && !context.credentials && credentials) return { ...place, ...credentials };
  return withRoleKeys(place, context);
}

/** A role's keys open OSS only, and only where the place has none of its own. */
function withRoleKeys(place: Place, { credentials }: FcContext): KeyedPlace {
  if (place.store !== "oss" || place.accessKeyId || !credentials) return place;
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  return { ...place, accessKeyId, secretAccessKey: accessKeySecret, securityToken };
}

function openTasks({ fcEndpoint, credentials }: RuntimeSettings, context: FcContext): Tasks {
  const keys =
    context.credentials ??
    (credentials && {
      accessKeyId: credentials.accessKeyId,
      accessKeySecret: credentials.secretAccessKey,
      securityToken: credentials.securityToken,
    });
  if (!keys || !context.accountId || !context.region)
    throw new AppError(
      "denied",
      "tasks: the function has no role, account or region in its context; give it a role with fc:InvokeFunction",
    );
  return fcTasks({
    accountId: context.accountId,
    region: context.region,
    endpoint: fcEndpoint?.host,
    protocol: fcEndpoint?.protocol,
    accessKeyId: keys.accessKeyId,
    accessKeySecret: keys.accessKeySecret,
    securityToken: keys.securityToken,
  });
}
