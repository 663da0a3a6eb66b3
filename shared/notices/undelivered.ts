import type { World } from "../jobs/world.ts";
import type { Notice } from "../model/notice.ts";
import type { UnsentNotice } from "../state/liveView.ts";
import { isReported, readEntry } from "./decided.ts";

/** A stored notice that some channel has not accepted. */
export interface Undelivered {
  key: string;
  status: Notice["status"];
  /** When it was reported. */
  at: string;
  /** Names of the channels, as far as they are known. */
  channels: string[];
}

const UNDELIVERED_SHOWN = 20;

/** The oldest notices that are still to be delivered; one that is not due, because nothing it says was decided, is none. */
export async function undelivered(world: World, unsent: readonly UnsentNotice[]): Promise<Undelivered[]> {
  const found: Undelivered[] = [];
  for (const { keys } of unsent.slice(0, UNDELIVERED_SHOWN)) {
    const entry = (await readEntry(world, keys.at(-1) ?? "")).value;
    if (entry === undefined || !(await isReported(world, entry))) continue;
    const { key, status, at } = entry.notice;
    found.push({ key, status, at, channels: entry.channels });
  }
  return found;
}
