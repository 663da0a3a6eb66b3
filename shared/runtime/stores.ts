import { directoryBlobStore } from "../adapters/directory/blobStore.ts";
import { isPlainS3 } from "../adapters/wire/address.ts";
import { ending } from "../adapters/wrap/endingBlobStore.ts";
import { limiting } from "../adapters/wrap/limitingBlobStore.ts";
import { loadingStore } from "../adapters/wrap/loading.ts";
import { logging } from "../adapters/wrap/loggingBlobStore.ts";
import { retrying } from "../adapters/wrap/retryingBlobStore.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { Config, Place } from "../model/config.ts";
import { AppError } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import { isSamePlace } from "../repository/place.ts";
import type { FcContext } from "./context.ts";
import type { RuntimeSettings } from "./settings.ts";

/** With full jitter: half of 100, 200, 400 and 800 ms on average. */
const RETRY = { attempts: 5, baseMs: 100, capMs: 5_000 };
/** Four times the concurrency of any verb but the copier's moving, which has a limit of its own; a safety limit. */
const CALLS_AT_ONCE = 32;
const CALLS_AT_ONCE_MOVING = 128;
/** Far above the duration of a small blob or a page on a store in the same region. */
const SLOW_MS = 5_000;
/** 60 s are enough for a part of 16 MiB at 280 KB/s. */
const REQUEST_TIMEOUT_MS_MAX = 60_000;
/** A healthy body never pauses this long. */
const IDLE_TIMEOUT_MS_MAX = 30_000;
/** An unresponsive store may use at most 1/n of an invocation. */
const TIMEOUT_SHARE = 4;

/** The settings shared by the stores of one invocation. */
export interface StoreSetting {
  logger: Logger;
  /** Time left in the invocation. */
  remainingMs: () => number;
  /** The function's timeout in milliseconds. */
  timeoutMs: number;
  /** No write may end after the time that is left. */
  endsInTime?: boolean;
  /** Many small blobs are read and written: their requests are made without the vendors' clients, which take most of the time of each. */
  isMoving?: boolean;
}

/** A place with its credentials; those of the function's role have a token of their own. */
type KeyedPlace = Place & { securityToken?: string | undefined };

/**
 * Opens a place's blobs with limited concurrency, logged faults, and retries within the invocation's time. Errors: `invalid` and `denied` for a
 * place without region or keys; what its client refuses, the first call says.
 */
export function openStore(place: KeyedPlace, setting: StoreSetting): BlobStore {
  const requestMs = Math.min(REQUEST_TIMEOUT_MS_MAX, setting.timeoutMs / TIMEOUT_SHARE);
  if (place.store === "directory")
    return wrapped(directoryBlobStore({ directory: place.bucket, basePath: place.basePath }), requestMs, setting);
  const open = opener(place, place.store, { requestTimeoutMs: requestMs, isMoving: setting.isMoving ?? false });
  return loadingStore(urlOf(place), async () => wrapped(await open(), requestMs, setting));
}

function wrapped(opened: BlobStore, requestMs: number, { logger, remainingMs, timeoutMs, endsInTime, isMoving }: StoreSetting): BlobStore {
  const store = endsInTime ? ending(opened, { remainingMs, requestMs }) : opened;
  const logged = logging(store, { logger, slowMs: SLOW_MS, now: Date.now });
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return retrying(limiting(logged, isMoving ? CALLS_AT_ONCE_MOVING : CALLS_AT_ONCE), {
    ...RETRY,
    patienceMs: timeoutMs / TIMEOUT_SHARE,
    remainingMs,
    sleep,
    random: Math.random,
    now: Date.now,
  });
}

/** Called only by `ossnap init`; stores other than OSS do not have this pitfall. */
export async function stateIsVersioned(settings: RuntimeSettings, context: FcContext): Promise<boolean> {
  const keyed = withKeys(settings.config.state, settings, context);
  const { store, bucket, endpoint, region, accessKeyId, secretAccessKey } = keyed;
  if (store !== "oss" || !region || !accessKeyId || !secretAccessKey) return false;
  const { ossBucketIsVersioned } = await import("../adapters/oss/blobStore.ts");
  return ossBucketIsVersioned({ bucket, endpoint, region, accessKeyId, secretAccessKey, securityToken: tokenOf(keyed) });
}

/** Every place that ossnap.yaml names. */
function placesOf({ repositories, watches, copies, state }: Config): Place[] {
  const blobs = [...Object.values(repositories), ...Object.values(watches)].flatMap((entry) => entry.blobs ?? []);
  return [...blobs, ...Object.values(copies).map(({ to }) => to), state];
}

/** A job's log names the address that its writer used: the internal one of a function, which a terminal does not reach. */
function withOwnEndpoint(place: Place, known: readonly Place[]): Place {
  if (place.store !== "oss") return place;
  const same = known.filter((other) => other.store === "oss" && other.endpoint !== undefined && isSamePlace(other, place));
  const isKnown = same.length === 0 || same.some(({ endpoint }) => endpoint === place.endpoint);
  return isKnown ? place : { ...place, endpoint: same[0]?.endpoint };
}

/** Places in job logs contain no keys: they come from the configured place that has them, otherwise on OSS from the function's role. */
export function withKeys(given: Place, settings: RuntimeSettings, context: FcContext): KeyedPlace {
  if (given.accessKeyId) return given;
  const { config, credentials } = settings;
  const known = placesOf(config);
  const place = withOwnEndpoint(given, known);
  const keyed = known.find((other) => other.accessKeyId && other.store === place.store && isSamePlace(other, place));
  if (keyed) {
    const { accessKeyId, secretAccessKey, sessionToken } = keyed;
    return { ...place, accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  if (place.store === "oss" && !context.credentials && credentials) return { ...place, ...credentials };
  return withRoleKeys(place, context);
}

/** A role's keys are valid for OSS only, and are used only where the place has none of its own. */
export function withRoleKeys(place: Place, { credentials }: FcContext): KeyedPlace {
  if (place.store !== "oss" || place.accessKeyId || !credentials) return place;
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  return { ...place, accessKeyId, secretAccessKey: accessKeySecret, securityToken };
}

function tokenOf({ sessionToken, securityToken }: KeyedPlace): string | undefined {
  return sessionToken ?? securityToken;
}

function urlOf({ store, bucket, basePath }: Place): string {
  return basePath === "" ? `${store}://${bucket}` : `${store}://${bucket}/${basePath}`;
}

/** Checks the place at once; the client, most of what a function loads at its start, is loaded when it is used. */
function opener(
  place: KeyedPlace,
  store: "oss" | "s3",
  { requestTimeoutMs, isMoving }: { requestTimeoutMs: number; isMoving: boolean },
): () => Promise<BlobStore> {
  const { bucket, basePath, endpoint, region, accessKeyId, secretAccessKey } = place;
  if (!region)
    throw new AppError(
      "invalid",
      `${store}://${bucket}: region is missing, and its endpoint names none; add region to its place in ossnap.yaml`,
    );
  if (!accessKeyId || !secretAccessKey) {
    // A role's keys are of Alibaba Cloud, and no service of another vendor takes them.
    const otherwise = store === "oss" ? ", or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET" : "";
    throw new AppError("denied", `${store}://${bucket}: no access key; set accessKeyId and secretAccessKey in ossnap.yaml${otherwise}`);
  }
  const common = {
    bucket,
    basePath,
    region,
    accessKeyId,
    secretAccessKey,
    endpoint,
    requestTimeoutMs,
    securityToken: tokenOf(place),
    idleTimeoutMs: Math.min(IDLE_TIMEOUT_MS_MAX, requestTimeoutMs),
  };
  if (isMoving && store === "oss") return async () => (await import("../adapters/wire/oss.ts")).wireOssBlobStore(common);
  if (isMoving && isPlainS3(common)) return async () => (await import("../adapters/wire/s3.ts")).wireS3BlobStore(common);
  return store === "s3"
    ? async () => (await import("../adapters/s3/blobStore.ts")).s3BlobStore(common)
    : async () => (await import("../adapters/oss/blobStore.ts")).ossBlobStore(common);
}
