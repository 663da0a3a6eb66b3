import type { Registration } from "../../model/config.ts";
import { normalizeBasePath } from "../../repository/basePath.ts";
import { placeOf } from "../../repository/place.ts";
import { validateRepositorySettings } from "../../repository/settings.ts";
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
  const blobs = asPlace(at(tree, [...segments.slice(0, -1), "blobs"]));
  const registered = placeOf(registration);
  if (blobs === undefined || registered === undefined || blobs.store === "directory") return [];
  const differs = (key: string, setting: string, one: string, other: string): Finding[] =>
    one === other
      ? []
      : [finding([...segments.slice(0, -1), "blobs", key], "samePlace", `differs from register.settings.${setting}`, "make them equal")];
  return [
    ...differs("bucket", "bucket", blobs.bucket, registered.bucket),
    ...differs("basePath", "base_path", normalizeBasePath(blobs.basePath), registered.basePath),
  ];
}
