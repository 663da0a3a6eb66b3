/** A snapshot that a watch did not serve because it starts in the future. */
export interface AheadSnapshot {
  uuid: string;
  /** When it is looked at again, as `yyyymmddhhmmssSSS`; `undefined` once it stays passed over. */
  dueDigits: string | undefined;
  /** What the watch served when it was first seen. */
  served: string;
  key: string;
}

const PASSED = "passed";
const LEAF = /^(\d{17}|passed)~(.+)~([^~]*)$/;

/** The last segment of its key: everything is in the listing, so that an idle look costs no request. */
export function aheadLeaf({ uuid, dueDigits = PASSED, served }: Omit<AheadSnapshot, "key">): string {
  return `${dueDigits}~${uuid}~${served}`;
}

export function parseAheadLeaf(leaf: string, key: string): AheadSnapshot | undefined {
  const [, due = "", uuid = "", served = ""] = LEAF.exec(leaf) ?? [];
  return uuid === "" ? undefined : { uuid, dueDigits: due === PASSED ? undefined : due, served, key };
}
