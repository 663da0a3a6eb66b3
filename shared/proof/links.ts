import { compareKeys, LATEST_KEY } from "../format/keys.ts";
import { type Reason, reason } from "../model/reason.ts";

/** A directory may have millions. */
const KEPT_MAX = 10_000;
/** What a repository consists of; another link, such as one of a README, hides nothing. */
const OF_REPOSITORY = /^(indices(\/|$)|index$|index[-.]|snap-|meta-|incompatible-snapshots$)/;

/** Links of a directory that stand where a repository has files and folders; they are not followed. */
export interface Links {
  /** At most {@link KEPT_MAX}. */
  count: number;
  /** By key. */
  first: string;
  /** `index.latest` is one of them. */
  isPointer?: true;
}

/** Collects the links that listings leave out; several listings may tell of the same ones. */
export function linkTally(): { add(key: string): void; links(): Links | undefined } {
  const keys = new Set<string>();
  return {
    add(key) {
      if (keys.size < KEPT_MAX && OF_REPOSITORY.test(key)) keys.add(key);
    },
    links() {
      const [first] = [...keys].sort(compareKeys);
      return first === undefined ? undefined : { count: keys.size, first, ...(keys.has(LATEST_KEY) && { isPointer: true as const }) };
    },
  };
}

/** What the links hide, and what helps. */
export function linksReason(url: string, { count, first, isPointer }: Links): Reason {
  return reason(isPointer ? "place.linksWithPointer" : "place.links", { url, count, first });
}
