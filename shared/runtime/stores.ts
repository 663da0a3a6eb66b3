import { directoryBlobStore } from "../adapters/directory/blobStore.ts";
import { ossBlobStore, ossBucketIsVersioned } from "../adapters/oss/blobStore.ts";
import { s3BlobStore } from "../adapters/s3/blobStore.ts";
import { limiting } from "../adapters/wrap/limitingBlobStore.ts";
import { logging } from "../adapters/wrap/loggingBlobStore.ts";
import { retrying } from "../adapters/wrap/retryingBlobStore.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { AppError } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import { overlapOf } from "../repository/place.ts";
import type { FcContext } from "./context.ts";
import type { RuntimeSettings } from "./settings.ts";

/** With full jitter: 100 ms, 200, 400, 800 on the average half of it. */
const RETRY = { attempts: 5, baseMs: 100, capMs: 5_000 };
/** Four times what any verb asks for at once: a bound against mistakes. */
const CALLS_AT_ONCE = 32;
/** Far above what a store in its own region takes for a small blob or a page. */
const SLOW_MS = 5_000;
/** 60 s carry a part of 16 MiB at 280 KB/s. */
const REQUEST_TIMEOUT_MS_MAX = 60_000;
/** A store that is silent may take no more of an invocation than this share of it. */
const TIMEOUT_SHARE = 4;

/** What the stores of one invocation share. */
export interface StoreSetting {
  logger: Logger;
  /** Of the invocation. */
  remainingMs: () => number;
  /** The function's own, in milliseconds. */
  timeoutMs: number;
}

/** A place with the keys it opens with; only the function's role has a token. */
type KeyedPlace = Place & { securityToken?: string | undefined };

/** Blobs of a place: limited, its faults told, and repeated inside the invocation's time. */
export function openStore(place: KeyedPlace, { logger, remainingMs, timeoutMs }: StoreSetting): BlobStore {
  const shareMs = timeoutMs / TIMEOUT_SHARE;
  const store = openPlace(place, Math.min(REQUEST_TIMEOUT_MS_MAX, shareMs));
  const told = logging(store, { logger, slowMs: SLOW_MS, now: Date.now });
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return retrying(limiting(told, CALLS_AT_ONCE), { ...RETRY, patienceMs: shareMs, remainingMs, sleep, random: Math.random, now: Date.now });
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

/** Places in job logs carry no keys: the configured place that holds them gives its own, else on OSS the function's role does. */
export function withKeys(place: Place, settings: RuntimeSettings, context: FcContext): KeyedPlace {
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
export function withRoleKeys(place: Place, { credentials }: FcContext): KeyedPlace {
  if (place.store !== "oss" || place.accessKeyId || !credentials) return place;
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  return { ...place, accessKeyId, secretAccessKey: accessKeySecret, securityToken };
}

function openPlace(place: KeyedPlace, requestTimeoutMs: number): BlobStore {
  const { store, bucket, basePath, endpoint, region, accessKeyId, secretAccessKey, securityToken } = place;
  if (store === "directory") return directoryBlobStore({ directory: bucket, basePath });
  if (!region) throw new AppError("invalid", `${store}://${bucket}: region is missing, and its endpoint names none; add region:`);
  if (!accessKeyId || !secretAccessKey)
    throw new AppError(
      "denied",
      `${store}://${bucket}: no access key; set accessKeyId and secretAccessKey, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET`,
    );
  const common = { bucket, basePath, region, accessKeyId, secretAccessKey, endpoint, requestTimeoutMs };
  return store === "s3" ? s3BlobStore(common) : ossBlobStore({ ...common, securityToken });
}
