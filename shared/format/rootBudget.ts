import { shortHash } from "../model/hash.ts";
import { textBytes } from "../model/memory/texts.ts";
import { inMegabytes, WEIGHT } from "../model/memory/weights.ts";
import { isKeySegment } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";

/** What a decoded root may occupy, within a function of 512 MB; the largest root known takes 90 MB. */
const ROOT_WEIGHT_MAX = 224 * 1024 * 1024;

/** Counts the memory that a decoded root takes. */
export interface RootBudget {
  /** @throws AppError `invalid` that names the limit when there is no memory left. */
  spend(weight: number): void;
  /** One shared copy of a uuid, which may occur many times in the root, as {@link keySafe} returns it. */
  shared(uuid: string): string;
}

export function rootBudget(key: string): RootBudget {
  const texts = new Map<string, string>();
  let weight = 0;
  const spend = (more: number): void => {
    weight += more;
    if (weight > ROOT_WEIGHT_MAX)
      throw invalidBytes(key, `its snapshots, indices and shards would take more than ${inMegabytes(ROOT_WEIGHT_MAX)} of memory`);
  };
  return {
    spend,
    shared(text) {
      const known = texts.get(text);
      if (known !== undefined) return known;
      spend(WEIGHT.text + WEIGHT.field + textBytes(text));
      const safe = keySafe(text);
      texts.set(text, safe);
      return safe;
    },
  };
}

/** An id that can be part of a key; one that cannot, such as `../a`, becomes a name that no blob has, so that no key leaves its path. */
export function keySafe(id: string): string {
  return isKeySegment(id) ? id : `unreadable-${shortHash(16, id)}`;
}
