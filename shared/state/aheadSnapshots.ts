/** A snapshot that a watch did not serve because it starts in the future. */
export interface AheadSnapshot {
  /** "" of those that are not stored one by one. */
  uuid: string;
  /** Instead of a uuid: between which two starts, as `yyyymmddhhmmssSSS`, they lie. */
  rest?: { first: string; last: string };
  /** When it is looked at again, as `yyyymmddhhmmssSSS`; `undefined` once it stays passed over. */
  dueDigits: string | undefined;
  /** What the watch served when it was first seen. */
  served: string;
  key: string;
}

const PASSED = "passed";
const LEAF = /^(\d{17}|passed)~(.+)~([^~]*)$/;
/** Its first part is none of {@link LEAF}, so that no uuid of a root reads as one. */
const REST = /^rest~(\d{17}|passed)~(\d{17})~(\d{17})~([^~]*)$/;

/** The last segment of its key: everything is in the listing, so that an idle look costs no request. */
export function aheadLeaf({ uuid, rest, dueDigits = PASSED, served }: Omit<AheadSnapshot, "key">): string {
  return rest ? `rest~${dueDigits}~${rest.first}~${rest.last}~${served}` : `${dueDigits}~${uuid}~${served}`;
}

export function parseAheadLeaf(leaf: string, key: string): AheadSnapshot | undefined {
  const dueOf = (due: string) => (due === PASSED ? undefined : due);
  const [, restDue = "", first = "", last = "", restServed = ""] = REST.exec(leaf) ?? [];
  if (restDue !== "") return { uuid: "", rest: { first, last }, dueDigits: dueOf(restDue), served: restServed, key };
  const [, due = "", uuid = "", served = ""] = LEAF.exec(leaf) ?? [];
  return uuid === "" ? undefined : { uuid, dueDigits: dueOf(due), served, key };
}
