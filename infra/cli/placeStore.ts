import { existsSync } from "node:fs";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import { AppError, hasCode, messageOf } from "../../shared/model/errors.ts";
import { parsePlaceUrl } from "../../shared/repository/url.ts";
import { connectPlace } from "../../shared/runtime/wire.ts";
import { placeToRead } from "../../shared/verbs/verification/ask.ts";
import type { Environment } from "./environment.ts";
import { type Session, terminalContext } from "./session.ts";

const CONFIG_DEFAULT = "ossnap.yaml";

/** The blobs of a URL, or of a repository or watch in ossnap.yaml; a URL needs no ossnap.yaml. */
export async function storeOf(session: Session, subject: string): Promise<BlobStore> {
  return isUrl(subject) ? storeOfUrl(session, subject) : session.blobs(placeToRead(await session.settings(), subject));
}

/** The place itself: of a URL, or of a repository or watch in ossnap.yaml. */
export async function placeNamed(session: Session, subject: string): Promise<Place> {
  return isUrl(subject) ? parsePlaceUrl(subject) : placeToRead(await session.settings(), subject);
}

/** True for a place given by its URL, not by a name in ossnap.yaml. */
export function isUrl(subject: string): boolean {
  return /^[a-z0-9]+:\/\//i.test(subject);
}

/** True when a configuration was named or exists at the default path. */
export function hasConfig({ options }: Session): boolean {
  return options.config !== undefined || existsSync(CONFIG_DEFAULT);
}

/** Takes a bucket's keys from ossnap.yaml if it exists and is readable; a directory needs none. */
async function storeOfUrl(session: Session, url: string): Promise<BlobStore> {
  const place = parsePlaceUrl(url);
  if (place.store === "directory") return connectPlace(place, terminalContext({}, undefined));
  requireRegion(url, place);
  if (hasConfig(session)) {
    try {
      return await session.blobs(withEnvironmentKeys(place, session.environment()));
    } catch (error) {
      if (hasCode(error, "denied")) throw noKey(url, place);
      if (session.options.config !== undefined || !hasCode(error, "invalid")) throw error;
      session.terminal.note(`${CONFIG_DEFAULT} is not used: ${messageOf(error).split("\n")[0]}`);
    }
  }
  const keyed = withEnvironmentKeys(place, session.environment());
  const context = session.context(place.region);
  if (keyed.accessKeyId === undefined && (place.store === "s3" || context.credentials === undefined)) throw noKey(url, place);
  return connectPlace(keyed, context);
}

/** A URL has no `region:` that could be added. */
function requireRegion(url: string, { store, region }: Place): void {
  if (region !== undefined && region !== "") return;
  const parameter = `${url.includes("?") ? "&" : "?"}region=`;
  const example = store === "s3" ? "us-east-1" : "cn-hangzhou";
  const other =
    store === "s3" ? "for a service other than Amazon's also &endpoint=https://HOST" : "or ?endpoint= with an address that names it";
  const fix = `add ${parameter} to it, as in ${parameter}${example}; ${other.replace("?", parameter.slice(0, 1))}`;
  throw new AppError("invalid", `${url}: its region is missing; ${fix}`);
}

/** Names the variables of the store's own vendor. */
function noKey(url: string, { store }: Place): AppError {
  const [id, secret] =
    store === "s3" ? ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] : ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];
  return new AppError("denied", `${url}: no access key; set ${id} and ${secret}`);
}

/** S3's own variables apply to s3:// only; those of OSS come from the context. */
function withEnvironmentKeys(place: Place, environment: Environment): Place {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = environment;
  if (place.store !== "s3" || !accessKeyId || !secretAccessKey) return place;
  return { ...place, accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
