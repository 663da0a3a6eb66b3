import type { RegisteredRepository, RegisteredRepositoryInput } from "../../model/cluster.ts";
import type { Place, Registration } from "../../model/config.ts";
import { folders, overlapOf, placeOf } from "../../repository/place.ts";
import { writtenType } from "../../repository/settings/settings.ts";

type Registered = Pick<RegisteredRepositoryInput, "type" | "settings">;

/** Names of a cluster's other registrations that may write into the place of this one: the same place, or one inside the other. */
export function writersBeside(name: string, own: Registered, registered: readonly RegisteredRepository[]): string[] {
  const place = whereOf(own);
  if (place === undefined) return [];
  return writable(name, registered, (other) => {
    const there = whereOf(other);
    return there !== undefined && overlapOf(place, there) !== undefined;
  });
}

/**
 * Names of those that may: Elasticsearch resolves a relative location against one of the folders in `path.repo`, which it does not tell. Two
 * relative ones are compared as they are written.
 */
export function writersPerhapsBeside(name: string, own: Registered, registered: readonly RegisteredRepository[]): string[] {
  const location = locationOf(own);
  if (location === undefined) return [];
  return writable(name, registered, (other) => {
    const there = locationOf(other);
    if (there === undefined || isAbsolute(there) === isAbsolute(location)) return false;
    return isAbsolute(location) ? mayOverlap(there, location) : mayOverlap(location, there);
  });
}

function writable(name: string, registered: readonly RegisteredRepository[], isBeside: (other: RegisteredRepository) => boolean): string[] {
  const others = registered.filter((other) => other.name !== name && String(other.settings.readonly) !== "true");
  return others
    .filter(isBeside)
    .map((other) => other.name)
    .sort();
}

/** Of a registration that writes files. */
function locationOf({ type, settings }: Registered): string | undefined {
  const isFs = writtenType(type as Registration["type"], settings) === "fs";
  return isFs && typeof settings.location === "string" ? settings.location : undefined;
}

/** Also on Windows. */
function isAbsolute(location: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:)/.test(location);
}

/** Below some folder, the relative location is the absolute one, or inside or around it: the absolute one contains it, or ends as it begins. */
function mayOverlap(relative: string, absolute: string): boolean {
  const [inner, outer] = [folders(relative), folders(absolute)];
  const contains = `/${outer.join("/")}/`.includes(`/${inner.join("/")}/`);
  return inner.length > 0 && (contains || inner.some((_, at) => `/${outer.join("/")}`.endsWith(`/${inner.slice(0, at + 1).join("/")}`)));
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
