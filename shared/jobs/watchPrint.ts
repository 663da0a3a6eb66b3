import type { Place } from "../model/config.ts";
import { shortHash } from "../model/hash.ts";
import { placeId } from "../repository/place.ts";

/** What determines the result of a watch's restores. */
export interface WatchTerms {
  place: Place;
  cluster: string;
  /** Registered name on the cluster. */
  repository: string;
  indices: readonly string[];
  alias?: string | undefined;
  aliases?: Readonly<Record<string, string>> | undefined;
  filesThere?: boolean | undefined;
  isByHand?: boolean;
}

const PLACE_DIGITS = 6;

/** Differs when a watch may restore something else, or something that was refused before; its first part identifies the place alone. */
export function watchPrint({
  place,
  cluster,
  repository,
  indices,
  alias,
  aliases,
  filesThere = false,
  isByHand = false,
}: WatchTerms): string {
  const rest = JSON.stringify([cluster, repository, indices, alias ?? aliases ?? null, filesThere, isByHand]);
  return `${shortHash(PLACE_DIGITS, placeId(place))}${shortHash(8, rest)}`;
}

/** Whether two fingerprints are of the same place. */
export function isSamePlacePrint(one: string, other: string): boolean {
  return one.slice(0, PLACE_DIGITS) === other.slice(0, PLACE_DIGITS);
}
