import type { BlobInfo, BlobStore } from "../model/blobStore.ts";
import { parseDigits } from "../model/restoredName.ts";
import { parseSlot } from "../model/slot.ts";
import { type AheadSnapshot, parseAheadLeaf } from "./aheadSnapshots.ts";
import { parseNoticeLeaf, type SlotHint, stateKey } from "./keys.ts";
import { type LookMark, parseLookLeaf } from "./looking.ts";
import { textOf } from "./segment.ts";
import { type AgainMark, parseAgainLeaf, parsePosition, type WatchPosition } from "./watchMarks.ts";
import { parseWritingLeaf, type WritingMark } from "./writing.ts";

/** The contents of one listing of `live/`: every open job with its newest record, and the hints. */
export interface LiveView {
  /** Job id → number of its newest record. */
  jobs: Map<string, number>;
  /** Job id → number of the last task that continued it. */
  tasks: Map<string, number>;
  /** The first job that the last tick did not reach. */
  next: string | undefined;
  /** Policy → handled slots, oldest first. */
  slots: Map<string, SlotHint[]>;
  /** Entry of ossnap.yaml → the schedules that it has had, oldest first. */
  schedules: Map<string, ScheduleMark[]>;
  /** Watch → marks of examined roots. */
  watchRoots: Map<string, Mark[]>;
  /** Watch → snapshots that it did not serve because they start in the future. */
  ahead: Map<string, AheadSnapshot[]>;
  /** Watch → when it is checked again although its root is known. */
  again: Map<string, AgainMark[]>;
  /** Look → marks of invocations that are reading something new, or died of it. */
  looking: Map<string, LookMark[]>;
  /** Watch → snapshots it served, oldest first; the last is served now. */
  positions: Map<string, WatchPosition[]>;
  /** Watch → snapshots that a person restored by hand, which accepts the root that lists them. */
  acceptedRoots: Map<string, string[]>;
  /** Copy and destination → `<generation>-<sha256>` of roots that this deployment published there. */
  published: Map<string, Mark[]>;
  /** Copies and destinations whose empty prefix was claimed. */
  copyClaims: Set<string>;
  /** Copy and destination → tasks whose writes may still arrive there. */
  writing: Map<string, WritingMark[]>;
  /** Copy → marks of handled source roots, snapshots and slots. */
  copySeen: Map<string, Mark[]>;
  /** Migrations that are cut over. */
  cutOver: Set<string>;
  /** Key of a notice that was raised and is not resolved → its newest generation. */
  notices: Map<string, number>;
  /** Notices that some channel has not accepted yet. */
  unsent: UnsentNotice[];
  /** Channels that were told what was open when they were first seen. */
  channels: Set<string>;
  /** Marks of the identities found; one, unless the state was recreated. */
  marks: Set<string>;
  /** Keys that ossnap never writes; nothing else is known of them, and they stop nothing. */
  strangers: string[];
  /** Whether effects are paused. */
  paused: boolean;
}

/** Enough to see what they are. */
const STRANGERS_NAMED = 20;

/** A mark, listed in the order in which marks were recorded. */
export interface Mark {
  mark: string;
  key: string;
}

export interface UnsentNotice {
  id: string;
  /** A hash of the notice's key. */
  subject: string;
  /** Number of the last try, from 0 on, and when it was made. */
  tries: number;
  triedAt: Date;
  /** Of all tries; the last is the newest. */
  keys: string[];
}

export interface ScheduleMark {
  since: Date;
  cron: string;
  timeZone: string;
  key: string;
}

/** Lists everything that is open; one request per 1000 keys. */
export async function readLive(state: BlobStore, onDate?: (date: Date) => void): Promise<LiveView> {
  const view: LiveView = {
    jobs: new Map(),
    tasks: new Map(),
    next: undefined,
    slots: new Map(),
    schedules: new Map(),
    watchRoots: new Map(),
    ahead: new Map(),
    again: new Map(),
    looking: new Map(),
    positions: new Map(),
    acceptedRoots: new Map(),
    published: new Map(),
    copyClaims: new Set(),
    writing: new Map(),
    copySeen: new Map(),
    cutOver: new Set(),
    notices: new Map(),
    unsent: [],
    channels: new Set(),
    marks: new Set(),
    strangers: [],
    paused: false,
  };
  for await (const blob of state.list(stateKey.live, onDate && { onDate })) place(view, blob);
  return view;
}

/** Returns whether the key is one that ossnap writes. */
type Placer = (view: LiveView, name: string, rest: readonly string[], blob: BlobInfo) => boolean;

/** By the folder below `live/`. */
const PLACERS: Readonly<Record<string, Placer>> = {
  jobs: (view, id, rest) => placeJob(view, id, leafOf(rest)),
  tasks: (view, id, rest) => placeTask(view, id, leafOf(rest)),
  next(view, id) {
    view.next = id;
    return true;
  },
  slots: (view, policy, rest) => placeSlot(view, policy, leafOf(rest)),
  schedules: (view, entry, rest, { key }) => placeSchedule(view, entry, leafOf(rest), key),
  watch: (view, watch, rest, { key }) => placeWatch(view, watch, rest, key),
  looking: (view, look, rest, { key }) => placeLook(view, look, leafOf(rest), key),
  copies: (view, copy, rest, { key }) => placeCopy(view, copy, rest, key),
  migrations: (view, name, rest) => leafOf(rest) === "cut.json" && added(view.cutOver, name),
  state: (view, mark) => added(view.marks, mark),
  notices: (view, name, rest) => placeNotice(view, name, rest),
  channels: (view, name) => added(view.channels, name),
  unsent: (view, id, rest, blob) => placeUnsent(view, id, leafOf(rest), blob),
};

function added(all: Set<string>, one: string): boolean {
  all.add(one);
  return true;
}

const leafOf = (rest: readonly string[]) => rest.at(-1) ?? "";

function place(view: LiveView, blob: BlobInfo): void {
  const { key } = blob;
  if (key === stateKey.paused) view.paused = true;
  const [, area = "", name, ...rest] = key.split("/");
  // Of a newer version, or a folder that a console made.
  if (name === undefined || !Object.hasOwn(PLACERS, area) || key.endsWith("/")) return;
  if (!PLACERS[area]?.(view, name, rest, blob) && view.strangers.length < STRANGERS_NAMED) view.strangers.push(key);
}

function placeJob(view: LiveView, id: string, leaf: string): boolean {
  const seq = /^(\d{6})\.json$/.exec(leaf)?.[1];
  if (seq !== undefined) view.jobs.set(id, Math.max(view.jobs.get(id) ?? 0, Number(seq)));
  return seq !== undefined;
}

function placeTask(view: LiveView, id: string, leaf: string): boolean {
  const isTask = /^\d{6}$/.test(leaf);
  if (isTask) view.tasks.set(id, Math.max(view.tasks.get(id) ?? 0, Number(leaf)));
  return isTask;
}

function placeUnsent(view: LiveView, id: string, leaf: string, { key, lastModified }: BlobInfo): boolean {
  const tries = /^(\d{6})\.json$/.exec(leaf)?.[1];
  if (tries === undefined) return false;
  // The tries of one notice are listed one after the other.
  const before = view.unsent.at(-1)?.id === id ? view.unsent.pop() : undefined;
  const keys = [...(before?.keys ?? []), key];
  view.unsent.push({ id, subject: id.split("-")[1] ?? "", tries: Number(tries), triedAt: lastModified ?? new Date(0), keys });
  return true;
}

function placeNotice(view: LiveView, name: string, rest: readonly string[]): boolean {
  const encoded = rest.length === 0 ? name.replace(/\.json$/, "") : name;
  const generation = parseNoticeLeaf([name.slice(encoded.length), ...rest].join("/"));
  const key = textOf(encoded);
  if (key === undefined || generation === undefined) return false;
  view.notices.set(key, Math.max(view.notices.get(key) ?? 0, generation));
  return true;
}

function placeSlot(view: LiveView, policy: string, leaf: string): boolean {
  const [slot = "", state = "", seconds = "0"] = leaf.split(".");
  if (!parseSlot(slot) || Number.isNaN(Number(seconds))) return false;
  return push(view.slots, policy, { slot, state, seconds: Number(seconds) });
}

function placeSchedule(view: LiveView, entry: string, leaf: string, key: string): boolean {
  const [, digits, encoded] = /^(\d{17})~([\w-]+)$/.exec(leaf) ?? [];
  const [, timeZone, cron] = /^(\S+) (.+)$/.exec(Buffer.from(encoded ?? "", "base64url").toString()) ?? [];
  const since = parseDigits(digits ?? "");
  return since !== undefined && timeZone !== undefined && cron !== undefined && push(view.schedules, entry, { since, cron, timeZone, key });
}

type WatchPlacer = (view: LiveView, watch: string, leaf: string, key: string) => boolean;

/** By the folder below the watch's. */
const WATCH_PLACERS: Readonly<Record<string, WatchPlacer>> = {
  root: (view, watch, _leaf, key) => push(view.watchRoots, watch, markOf(key)),
  accepted: (view, watch, leaf) => push(view.acceptedRoots, watch, leaf),
  again(view, watch, leaf, key) {
    const again = parseAgainLeaf(leaf, key);
    return again !== undefined && push(view.again, watch, again);
  },
  ahead(view, watch, leaf, key) {
    const ahead = parseAheadLeaf(leaf, key);
    return ahead !== undefined && push(view.ahead, watch, ahead);
  },
  position(view, watch, leaf) {
    const position = parsePosition(leaf);
    return position !== undefined && push(view.positions, watch, position);
  },
};

/** Its other objects are read by their names. */
function placeWatch(view: LiveView, watch: string, [area = "", leaf = ""]: readonly string[], key: string): boolean {
  return !Object.hasOwn(WATCH_PLACERS, area) || WATCH_PLACERS[area]?.(view, watch, leaf, key) === true;
}

function placeLook(view: LiveView, look: string, leaf: string, key: string): boolean {
  const mark = parseLookLeaf(leaf, key);
  return mark !== undefined && push(view.looking, look, mark);
}

function placeCopy(view: LiveView, copy: string, [area, leaf = ""]: readonly string[], key: string): boolean {
  if (area === "claim.json") return added(view.copyClaims, copy);
  if (area === "published") return push(view.published, copy, markOf(key));
  if (area === "seen") return push(view.copySeen, copy, markOf(key));
  if (area !== "writing") return true;
  const mark = parseWritingLeaf(leaf, key);
  return mark !== undefined && push(view.writing, copy, mark);
}

function markOf(key: string): Mark {
  return { mark: key.slice(key.indexOf("~") + 1), key };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): true {
  const all = map.get(key);
  if (all) all.push(value);
  else map.set(key, [value]);
  return true;
}
