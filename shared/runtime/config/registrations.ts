import type { Place, Registration } from "../../model/config.ts";
import { normalizeBasePath } from "../../repository/basePath.ts";
import { folders, isOtherService, isSamePlace, placeOf } from "../../repository/place.ts";
import { validateRepositorySettings, writtenType } from "../../repository/settings/settings.ts";
import { clusterIdOf } from "./clusters.ts";
import { hasPlaceholder } from "./environment.ts";
import { asPlace, asRegistration } from "./reading.ts";
import { asSection, at, type Finding, finding, findingOf, type Segments } from "./tree.ts";

/** Checks every registration's settings and whether they refer to the same place as `blobs`. */
export function checkRegistrations(tree: unknown): Finding[] {
  return [...registrationsOf(tree, "repositories"), ...registrationsOf(tree, "watches")].flatMap(({ segments, value }) => {
    const registration = asRegistration(value);
    if (registration === undefined) return [];
    const { faults } = validateRepositorySettings(registration);
    return [
      ...faults.map((fault) => findingOf(fault, segments)),
      ...checkWritable(segments, registration),
      ...checkSamePlace(tree, segments, registration),
    ];
  });
}

/** Settings that work but cost money or have surprising effects. */
export function registrationWarnings(tree: unknown): Finding[] {
  return [...registrationsOf(tree, "repositories"), ...registrationsOf(tree, "watches")].flatMap(({ segments, value }) => {
    const registration = asRegistration(value);
    return registration === undefined ? [] : validateRepositorySettings(registration).warnings.map((fault) => findingOf(fault, segments));
  });
}

function registrationsOf(tree: unknown, section: string): { segments: Segments; value: unknown }[] {
  return Object.keys(asSection(at(tree, [section]))).map((name) => {
    const segments = [section, name, "register"];
    return { segments, value: at(tree, segments) };
  });
}

function checkWritable(segments: Segments, { settings }: Registration): Finding[] {
  if (segments[0] !== "watches" || settings.readonly === undefined || String(settings.readonly) === "true") return [];
  return [finding([...segments, "settings", "readonly"], "watchWritable", "a watch is registered read-only, always", "remove it")];
}

/** Proving blobs at one place and restoring from another would prove nothing. */
function checkSamePlace(tree: unknown, segments: Segments, registration: Registration): Finding[] {
  const path = [...segments.slice(0, -1), "blobs"];
  const blobs = asPlace(at(tree, path));
  if (blobs === undefined) return [];
  const written = writtenType(registration.type, registration.settings);
  if (written === "fs") return checkLocation(path, blobs, registration);
  const registered = placeOf(registration);
  if (registered === undefined) return [...checkStore(path, blobs, written), ...checkBucketOfGoogle(path, blobs, registration)];
  if (blobs.store === "directory") return [];
  return [
    ...differs([...path, "bucket"], "bucket", blobs.bucket, registered.bucket),
    ...differs([...path, "basePath"], "base_path", normalizeBasePath(blobs.basePath), registered.basePath),
    ...(isOtherService(blobs, registered)
      ? [finding(path, "samePlace", "at another service or region than register.settings say", "make them equal")]
      : []),
  ];
}

/** The value of a variable that is not set cannot be compared. */
function differs(path: Segments, setting: string, one: string, other: string): Finding[] {
  if (one === other || hasPlaceholder(one) || hasPlaceholder(other)) return [];
  return [finding(path, "samePlace", `differs from register.settings.${setting}, which is ${other || "empty"}`, "make them equal")];
}

/** Google's buckets are read through its S3 interface, by the same names. */
function checkBucketOfGoogle(path: Segments, blobs: Place, { type, settings }: Registration): Finding[] {
  if (writtenType(type, settings) !== "gcs" || blobs.store !== "s3" || settings.bucket === undefined) return [];
  return [
    ...differs([...path, "bucket"], "bucket", blobs.bucket, String(settings.bucket)),
    ...differs([...path, "basePath"], "base_path", normalizeBasePath(blobs.basePath), normalizeBasePath(String(settings.base_path ?? ""))),
  ];
}

/** No endpoint of OSS serves a container of Azure or a bucket of Google's. */
function checkStore(path: Segments, blobs: Place, written: string | undefined): Finding[] {
  const isElsewhere = (written === "azure" && blobs.store !== "directory") || (written === "gcs" && blobs.store === "oss");
  return isElsewhere
    ? [finding([...path, "store"], "samePlace", `cannot be the place of a repository of type ${written}`, "name where its blobs lie")]
    : [];
}

/**
 * A cluster's node may mount a directory under another path, or a bucket as a directory. Two paths below one folder are in one file system,
 * and differ when their last folders differ or one is below the other.
 */
function checkLocation(path: Segments, blobs: Place, { settings }: Registration): Finding[] {
  const location = folders(String(settings.location ?? ""));
  if (blobs.store !== "directory" || !String(settings.location).startsWith("/")) return [];
  const directory = folders(`${blobs.bucket}/${blobs.basePath}`);
  const shared = location.findIndex((folder, index) => folder !== directory[index]);
  const isSame = shared < 0 && location.length === directory.length;
  const isNested = shared < 0 || shared >= directory.length;
  const isBeside = shared !== 0 && location.at(-1) !== directory.at(-1);
  if (isSame || !(isNested || isBeside)) return [];
  const wrong = `cannot be register.settings.location, which is /${location.join("/")}`;
  return [finding([...path, "bucket"], "samePlace", wrong, "make them the same directory")];
}

/** One location of a cluster has one place; two entries that name different ones contradict each other. */
export function checkLocations(tree: unknown): Finding[] {
  const seen = new Map<string, { path: string; blobs: Place }>();
  return ["repositories", "watches"].flatMap((section) =>
    Object.keys(asSection(at(tree, [section]))).flatMap((name) => {
      const registration = asRegistration(at(tree, [section, name, "register"]));
      const blobs = asPlace(at(tree, [section, name, "blobs"]));
      const cluster = clusterIdOf(tree, at(tree, [section, name, "cluster"]));
      const isFs = registration !== undefined && writtenType(registration.type, registration.settings) === "fs";
      if (!isFs || blobs === undefined || cluster === undefined) return [];
      const id = JSON.stringify([cluster, folders(String(registration.settings.location ?? ""))]);
      const other = seen.get(id);
      if (other === undefined) seen.set(id, { path: `${section}.${name}`, blobs });
      if (other === undefined || isSamePlace(blobs, other.blobs)) return [];
      const wrong = `not the blobs of ${other.path}, which has the same location on that cluster`;
      return [{ ...finding([section, name, "blobs"], "samePlace", wrong, "make them equal"), params: { other: other.path } }];
    }),
  );
}
