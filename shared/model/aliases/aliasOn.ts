import { isSameStem } from "../restoredName.ts";
import type { AliasHolder } from "./aliasMove.ts";

/** What an alias says on the indices that it leaves, so that it says the same on `to`, which is one of `all` that it moves to. */
export type AliasOn = { like: AliasHolder | undefined; isWriteIndex: boolean | undefined } | { index: string; other: string };

/** `index` and `other`: on these the alias says different things, so it cannot be preserved. With holders only among `all`, these count. */
export function aliasOn(holders: readonly AliasHolder[], to: string, all: readonly string[]): AliasOn {
  const left = holders.filter(({ index }) => !all.includes(index));
  const from = left.length > 0 ? left : holders;
  const [like] = from;
  const other = from.find(({ properties }) => properties !== like?.properties);
  if (like && other) return { index: like.index, other: other.index };
  // Of several indices behind an alias only one takes the writes: the restored one of the same index goes on with it.
  const replaced = all.length === 1 ? from : from.filter(({ index }) => isSameStem(index, to));
  const [first] = replaced;
  const second = replaced.find(({ isWriteIndex }) => isWriteIndex !== first?.isWriteIndex);
  return first && second ? { index: first.index, other: second.index } : { like, isWriteIndex: first?.isWriteIndex };
}
