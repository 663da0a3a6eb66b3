import type { Config, Place } from "../../model/config.ts";
import { allow, type RamStatement } from "./documents.ts";

/** A place of ossnap.yaml with what the functions do there. */
export interface UsedPlace {
  /** Such as `copies.aws-to-oss.to`. */
  path: string;
  place: Place;
  use: "state" | "read" | "write";
}

/** Every place of the configuration; one that is used in two ways is listed twice. */
export function usedPlaces({ state, repositories, watches, copies }: Config): UsedPlace[] {
  return [
    { path: "state", place: state, use: "state" },
    ...Object.entries(repositories).flatMap(([name, { blobs, register }]): UsedPlace[] =>
      blobs ? [{ path: `repositories.${name}.blobs`, place: blobs, use: areClusters(blobs, register) ? "write" : "read" }] : [],
    ),
    ...Object.entries(watches).map(([name, { blobs }]): UsedPlace => ({ path: `watches.${name}.blobs`, place: blobs, use: "read" })),
    ...Object.entries(copies).map(([name, { to }]): UsedPlace => ({ path: `copies.${name}.to`, place: to, use: "write" })),
  ];
}

/** Keys that stand in the repository's settings too: by them the cluster itself writes and deletes there. */
function areClusters({ accessKeyId }: Place, register: Config["repositories"][string]["register"]): boolean {
  return accessKeyId !== undefined && Object.values(register?.settings ?? {}).includes(accessKeyId);
}

const READ = ["oss:GetObject"];
const WRITE = ["oss:GetObject", "oss:PutObject", "oss:DeleteObject"];

/**
 * What a role needs in the places that it reaches with its own keys; of a place that is used in two ways, the wider one.
 * https://www.alibabacloud.com/help/en/oss/user-guide/ram-policy-overview
 * @param writes whether it writes copies.
 */
export function ossStatements(places: readonly UsedPlace[], { writes }: { writes: boolean }): RamStatement[] {
  const byPlace = new Map<string, UsedPlace>();
  for (const used of places) {
    const key = objectsOf(used.place);
    if (widthOf(used) > widthOf(byPlace.get(key))) byPlace.set(key, used);
  }
  return [...byPlace.values()].flatMap(({ place, use }) => [listing(place), allow(actionsFor(use, writes), [objectsOf(place)])]);
}

function widthOf(used: UsedPlace | undefined): number {
  return used === undefined ? 0 : { read: 1, state: 2, write: 3 }[used.use];
}

/** A blob of a state is small and is written whole. */
function actionsFor(use: UsedPlace["use"], writes: boolean): string[] {
  if (use === "state") return WRITE;
  return use === "write" && writes ? [...WRITE, "oss:AbortMultipartUpload"] : READ;
}

/** Only below the base path. */
function listing(place: Place): RamStatement {
  const condition = place.basePath === "" ? undefined : { StringLike: { "oss:Prefix": [`${place.basePath}/*`] } };
  return allow(["oss:ListObjects"], [bucketOf(place)], condition);
}

export function bucketOf({ bucket }: Place): string {
  return `acs:oss:*:*:${bucket}`;
}

export function objectsOf(place: Place): string {
  return `${bucketOf(place)}/${place.basePath === "" ? "" : `${place.basePath}/`}*`;
}
