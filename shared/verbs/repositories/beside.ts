import type { RegisteredRepository, RegisteredRepositoryInput } from "../../model/cluster.ts";
import type { Place, Registration } from "../../model/config.ts";
import { overlapOf, placeOf } from "../../repository/place.ts";
import { writtenType } from "../../repository/settings.ts";

type Registered = Pick<RegisteredRepositoryInput, "type" | "settings">;

/** Names of a cluster's other registrations that may write into the place of this one: the same place, or one inside the other. */
export function writersBeside(name: string, own: Registered, registered: readonly RegisteredRepository[]): string[] {
  const place = whereOf(own);
  if (place === undefined) return [];
  return registered
    .filter((other) => other.name !== name && String(other.settings.readonly) !== "true")
    .filter((other) => {
      const there = whereOf(other);
      return there !== undefined && overlapOf(place, there) !== undefined;
    })
    .map((other) => other.name)
    .sort();
}

/** Of registrations on one cluster, whose nodes share their directories. */
function whereOf({ type, settings }: Registered): Place | undefined {
  // Types of plugins that ossnap does not know have no place.
  const registration = { type, settings } as Registration;
  const { location } = settings;
  if (writtenType(registration.type, settings) === "fs" && typeof location === "string")
    return { store: "directory", bucket: location, basePath: typeof settings.base_path === "string" ? settings.base_path : "" };
  return placeOf(registration);
}
