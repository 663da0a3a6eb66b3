import type { Place, Registration } from "../model/config.ts";
import { normalizeBasePath } from "./basePath.ts";
import { addressId, type Endpoint, ossEndpoint, parseEndpoint } from "./endpoint.ts";
import { endpointSetting, keySettings, tokenSetting } from "./settings/settingKeys.ts";
import { writtenType } from "./settings/settings.ts";

/**
 * Location of a registered repository's blobs according to its settings: for `oss` and `s3`, also below `source`; else `undefined`. A
 * repository of type `s3` on OSS is read as OSS, whose own protocol ossnap speaks.
 */
export function placeOf({ type, settings }: Registration): Place | undefined {
  const written = writtenType(type, settings);
  if (written !== "oss" && written !== "s3") return undefined;
  const bucket = text(settings.bucket);
  if (bucket === undefined) return undefined;
  const endpoint = text(endpointSetting(written, settings));
  const parsed = endpoint === undefined ? undefined : parseEndpoint(endpoint);
  const isOnOss = written === "s3" && parsed !== undefined && isOssNetwork(parsed);
  const [id, secret] = keySettings(written, settings);
  return compact({
    store: isOnOss ? "oss" : written,
    bucket,
    basePath: normalizeBasePath(text(settings.base_path) ?? ""),
    endpoint: isOnOss && parsed.region !== undefined ? ossEndpoint(parsed.region, endpointOptions(parsed)) : endpoint,
    region: text(settings.region) ?? parsed?.region,
    accessKeyId: text(id),
    secretAccessKey: text(secret),
    sessionToken: text(tokenSetting(written, settings)),
  });
}

/** A registration of a cluster; `cluster` must be equal for two names of one cluster. */
export interface Written {
  cluster: string;
  registration: Registration;
  /** Where ossnap.yaml says that the blobs are. */
  blobs: Place | undefined;
}

/** Whether two registrations write the same blobs, by their settings or by what ossnap.yaml says of their blobs. */
export function writeSamePlace(one: Written, other: Written): boolean {
  const [left, right] = [one, other].map(({ blobs, registration }) => blobs ?? placeOf(registration));
  if (left && right && isSamePlace(left, right)) return true;
  const ids = [one, other].map(comparedId);
  return ids[0] !== undefined && ids[0] === ids[1];
}

/**
 * Whether one of two registrations writes into the folder in which the other keeps its indices: Elasticsearch deletes everything there that
 * its root does not name, with every deletion of a snapshot.
 */
export function writesIntoIndices(one: Written, other: Written): boolean {
  const [left, right] = [one, other].map(({ blobs, registration }) => blobs ?? placeOf(registration));
  if (left && right) {
    const indicesOf = (place: Place): Place => ({ ...place, basePath: `${place.basePath}/indices` });
    const isWithin = (inner: Place, outer: Place) => ["same", "inside"].includes(overlapOf(inner, indicesOf(outer)) ?? "");
    if (isWithin(left, right) || isWithin(right, left)) return true;
  }
  const [first, second] = [one, other].map(comparedId);
  if (first === undefined || second === undefined) return false;
  return `${first}/`.startsWith(`${second}/indices/`) || `${second}/`.startsWith(`${first}/indices/`);
}

/** Whether one of two registrations writes below the other's place; `samePath` if both name one directory, on different clusters. */
export function writersMeet(one: Written, other: Written): "nested" | "samePath" | undefined {
  const [left, right] = [one, other].map(({ blobs, registration }) => blobs ?? placeOf(registration));
  if (left && right && ["inside", "contains"].includes(overlapOf(left, right) ?? "")) return "nested";
  const [first, second] = [one, other].map(comparedId);
  if (first === undefined || second === undefined) return undefined;
  if (`${first}/`.startsWith(`${second}/`) || `${second}/`.startsWith(`${first}/`)) return first === second ? undefined : "nested";
  if (one.cluster === other.cluster || (left && right)) return undefined;
  const [here, there] = [one, other].map(({ registration: { type, settings } }) => (type === "fs" ? text(settings.location) : undefined));
  return here?.startsWith("/") && there !== undefined && folders(here).join("/") === folders(there).join("/") ? "samePath" : undefined;
}

/** The client of azure that is used without one has a name too. */
function comparedId({ cluster, registration }: Written): string | undefined {
  const { client, ...settings } = registration.settings;
  const compared = client === "default" ? { ...registration, settings } : registration;
  return writtenPlaceId(cluster, compared, undefined);
}

/** The registration as placed on a cluster: equal for two that write the same blobs; `undefined` where settings do not tell. */
export function writtenPlaceId(cluster: string, registration: Registration, blobs: Place | undefined): string | undefined {
  const place = blobs ?? placeOf(registration);
  if (place !== undefined) return placeId(place);
  const { settings } = registration;
  const written = writtenType(registration.type, settings);
  const path = segments(text(settings.base_path) ?? "");
  // A path names a directory of that cluster's nodes; buckets and containers are the same from everywhere.
  if (written === "fs") return ["fs", cluster, ...folders(text(settings.location) ?? "")].join("/");
  if (written === "gcs" && settings.bucket !== undefined) return ["gcs", String(settings.bucket), ...path].join("/");
  // A client may be of another account, so that only two with the same settings are the same.
  if (written === "azure")
    return ["azure", cluster, String(settings.account ?? settings.client ?? ""), String(settings.container ?? ""), ...path].join("/");
  return undefined;
}

/** Both hosts are known services, and they differ: one bucket cannot be behind both. */
export function isOtherService(one: Place, other: Place): boolean {
  const [left, right] = [knownHost(one), knownHost(other)];
  return left !== undefined && right !== undefined && left !== right;
}

function knownHost(place: Place): string | undefined {
  if (place.store === "directory" || (place.endpoint === undefined && place.region === undefined)) return undefined;
  const host = hostOf(place);
  return /^(?:oss-|amazonaws\.com)/.test(host) ? host : undefined;
}

function isOssNetwork({ network }: Endpoint): boolean {
  return network !== "other";
}

function endpointOptions({ network, scheme }: Endpoint) {
  return { internal: network === "internal", scheme };
}

/** The place without trailing slashes and with the region named by its endpoint. */
export function normalizePlace(place: Place): Place {
  const region = place.region ?? (place.endpoint === undefined ? undefined : parseEndpoint(place.endpoint)?.region);
  const bucket = place.store === "directory" ? `/${folders(place.bucket).join("/")}` : place.bucket;
  return compact({ ...place, bucket, basePath: normalizeBasePath(place.basePath), region });
}

/** How `one` relates to `other`: the same keys, below it, above it, or `undefined` when they share no keys. */
export function overlapOf(one: Place, other: Place): "same" | "inside" | "contains" | undefined {
  if (!isOneContainer(one, other)) return undefined;
  const [left, right] = [location(one), location(other)];
  const shared = Math.min(left.path.length, right.path.length);
  if (left.path.slice(0, shared).join("/") !== right.path.slice(0, shared).join("/")) return undefined;
  if (left.path.length === right.path.length) return "same";
  return left.path.length > right.path.length ? "inside" : "contains";
}

/** Whether two places hold the same blobs, however they are written. */
export function isSamePlace(one: Place, other: Place): boolean {
  return overlapOf(one, other) === "same";
}

/** Acceleration addresses name no region, and a bucket has one: they reach the bucket of that name in whichever region it is. */
function isOneContainer(one: Place, other: Place): boolean {
  const [left, right] = [location(one).container, location(other).container];
  if (left === right) return true;
  if (one.store === "directory" || other.store === "directory" || one.bucket !== other.bucket) return false;
  const hosts = [hostOf(one), hostOf(other)];
  if (hosts.some((host) => ACCELERATION.test(host))) return hosts.every((host) => host.startsWith("oss-"));
  const [here, there] = hosts.map((host) => addressId(`http://${host}`));
  return here !== undefined && here === there;
}

const ACCELERATION = /^oss-accelerate/;

/**
 * Identifies the blobs of a place, for keys of what is stored about them: places with one id are "same" to {@link overlapOf}. Two spellings
 * of an address that no earlier version took for the same keep their ids, so that what is stored about them is still found.
 * A store's `url` is for messages only; it lacks the endpoint, so that two stores can share it.
 */
export function placeId(place: Place): string {
  const { container, path } = location(place);
  return [container, ...path].join("/");
}

/** OSS also speaks the S3 protocol, and one bucket has public and internal hosts, so all of them map to one name per region. */
function location(place: Place): { container: string; path: string[] } {
  if (place.store === "directory") return { container: "file://", path: folders(`${place.bucket}/${place.basePath}`) };
  return { container: `${hostOf(place)}/${place.bucket}`, path: segments(place.basePath) };
}

function hostOf({ store, endpoint, region }: Place): string {
  const written = endpoint ?? (store === "oss" && region !== undefined ? ossEndpoint(region) : undefined);
  const parsed = written === undefined ? undefined : parseEndpoint(written);
  if (parsed === undefined) return store === "s3" ? awsHost(region) : (written ?? "");
  if (parsed.network === "internal" || parsed.network === "public") return `oss-${parsed.region}`;
  if (parsed.network === "accelerate" && region !== undefined) return `oss-${region}`;
  return parsed.host.includes(".amazonaws.com") ? awsHost(parsed.region ?? region) : withoutDefaultPort(parsed);
}

function withoutDefaultPort({ scheme, host }: Endpoint): string {
  return host.replace(scheme === "https" ? /:443$/ : /:80$/, "");
}

/** Bucket names are unique per partition, and China is a partition of its own. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function awsHost(region: string | undefined): string {
  return region?.startsWith("cn-") === true ? "amazonaws.com.cn" : "amazonaws.com";
}

function segments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** The folders of a path as a file system resolves them: `/srv/a/../b` is `/srv/b`. */
export function folders(path: string): string[] {
  const resolved: string[] = [];
  for (const folder of segments(path)) {
    if (folder === "..") resolved.pop();
    else if (folder !== ".") resolved.push(folder);
  }
  return resolved;
}

function text(value: string | number | boolean | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : String(value);
}

function compact(place: Place): Place {
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined)) as unknown as Place;
}
