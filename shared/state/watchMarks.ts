import { parseDigits } from "../model/restoredName.ts";

export interface WatchPosition {
  /** Start of the snapshot as `yyyymmddhhmmssSSS`, as in restored index names. */
  digits: string;
  uuid: string;
}

export interface AgainMark {
  /** As `yyyymmddhhmmssSSS`. */
  dueDigits: string;
  /** A hash of the id of the job that was refused or failed. */
  job: string;
  key: string;
}

/** Parses the last segment of a position's key. */
export function parsePosition(leaf: string): WatchPosition | undefined {
  const [, digits = "", uuid = ""] = /^(\d{17})-(.+)$/.exec(leaf) ?? [];
  return parseDigits(digits) && { digits, uuid };
}

/** Parses the last segment of the mark of a refused or failed job. */
export function parseAgainLeaf(leaf: string, key: string): AgainMark | undefined {
  const [, dueDigits = "", job = ""] = /^(\d{17})~(.+)$/.exec(leaf) ?? [];
  return parseDigits(dueDigits) && { dueDigits, job, key };
}
