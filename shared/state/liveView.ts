import type { BlobInfo, BlobStore } from "../model/blobStore.ts";
import { digitsTime } from "../model/restoredName.ts";
import { parseSlot } from "../model/slot.ts";
import { type AheadSnapshot, parseAheadLeaf } from "./aheadSnapshots.ts";
import { parseNoticeLeaf, type SlotHint, stateKey } from "./keys.ts";
import { type LookMark, parseLookLeaf } from "./looking.ts";
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
  /** Key of a notice that was raised and is not resolved → its newest generation. */
  notices: Map<string, number>;
  /** Notices that some channel has not accepted yet. */
  unsent: UnsentNotice[];
  /** Channels that were told what was open when they were first seen. */
  channels: Set<string>;
  /** Marks of the identities found; one, unless the state was recreated. */
  marks: Set<string>;
  /** Whether effects are paused. */
  paused: boolean;
}

/** A mark, listed in the order in which marks were recorded. */
export interface Mark {
  mark: string;
  key: string;
}

export interface AgainMark {
  /** As `yyyymmddhhmmssSSS`. */
  dueDigits: string;
  /** A hash of the id of the job that was refused or failed. */
  job: string;
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

export interface WatchPosition {
  /** Start of the snapshot as `yyyymmddhhmmssSSS`, as in restored index names. */
  digits: string;
  uuid: string;
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
    notices: new Map(),
    unsent: [],
    channels: new Set(),
    marks: new Set(),
    paused: false,
  };
  for await (const blob of state.list(stateKey.live, onDate && { onDate })) place(view, blob);
  return view;
}

type Placer = (view: LiveView, name: string, rest: readonly string[], blob: BlobInfo) => void;

/** By the folder below `live/`. */
const PLACERS: Readonly<Record<string, Placer>> = {
  jobs: (view, id, rest) => placeJob(view, id, leafOf(rest)),
  tasks: (view, id, rest) => void view.tasks.set(id, Math.max(view.tasks.get(id) ?? 0, Number(leafOf(rest)))),
  next(view, id) {
    view.next = id;
  },
  slots: (view, policy, rest) => placeSlot(view, policy, leafOf(rest)),
  schedules: (view, entry, rest, { key }) => placeSchedule(view, entry, leafOf(rest), key),
  watch: (view, watch, rest, { key }) => placeWatch(view, watch, rest, key),
  looking: (view, look, rest, { key }) => placeLook(view, look, leafOf(rest), key),
  copies: (view, copy, rest, { key }) => placeCopy(view, copy, rest, key),
  state: (view, mark) => void view.marks.add(mark),
  notices: (view, name, rest) => placeNotice(view, name, rest),
  channels: (view, name) => void view.channels.add(name),
  unsent: (view, id, rest, blob) => placeUnsent(view, id, leafOf(rest), blob),
};

const leafOf = (rest: readonly string[]) => rest.at(-1) ?? "";

function place(view: LiveView, blob: BlobInfo): void {
  const { key } = blob;
  if (key === stateKey.paused) view.paused = true;
  const [, area = "", name, ...rest] = key.split("/");
  if (name !== undefined && Object.hasOwn(PLACERS, area)) PLACERS[area]?.(view, name, rest, blob);
}

function placeJob(view: LiveView, id: string, leaf: string): void {
  const seq = /^(\d{6})\.json$/.exec(leaf)?.[1];
  if (seq !== undefined) view.jobs.set(id, Math.max(view.jobs.get(id) ?? 0, Number(seq)));
}

function placeUnsent(view: LiveView, id: string, leaf: string, { key, lastModified }: BlobInfo): void {
  const tries = /^(\d{6})\.json$/.exec(leaf)?.[1];
  if (tries === undefined) return;
  // The tries of one notice are listed one after the other.
  const before = view.unsent.at(-1)?.id === id ? view.unsent.pop() : undefined;
  const keys = [...(before?.keys ?? []), key];
  view.unsent.push({ id, subject: id.split("-")[1] ?? "", tries: Number(tries), triedAt: lastModified ?? new Date(0), keys });
}

function placeNotice(view: LiveView, name: string, rest: readonly string[]): void {
  const encoded = rest.length === 0 ? name.replace(/\.json$/, "") : name;
  const generation = parseNoticeLeaf([name.slice(encoded.length), ...rest].join("/"));
  const key = decodeURIComponent(encoded);
  if (generation !== undefined) view.notices.set(key, Math.max(view.notices.get(key) ?? 0, generation));
}

function placeSlot(view: LiveView, policy: string, leaf: string): void {
  const [slot = "", state = "", seconds = "0"] = leaf.split(".");
  if (parseSlot(slot)) push(view.slots, policy, { slot, state, seconds: Number(seconds) });
}

function placeSchedule(view: LiveView, entry: string, leaf: string, key: string): void {
  const [, digits, encoded] = /^(\d{17})~([\w-]+)$/.exec(leaf) ?? [];
  const [, timeZone, cron] = /^(\S+) (.+)$/.exec(Buffer.from(encoded ?? "", "base64url").toString()) ?? [];
  if (digits !== undefined && timeZone !== undefined && cron !== undefined)
    push(view.schedules, entry, { since: digitsTime(digits), cron, timeZone, key });
}

function placeWatch(view: LiveView, watch: string, [area, leaf = ""]: readonly string[], key: string): void {
  if (area === "root") push(view.watchRoots, watch, markOf(key));
  if (area === "accepted") push(view.acceptedRoots, watch, leaf);
  const [, dueDigits, job] = (area === "again" && /^(\d{17})~(.+)$/.exec(leaf)) || [];
  if (dueDigits !== undefined && job !== undefined) push(view.again, watch, { dueDigits, job, key });
  const ahead = area === "ahead" ? parseAheadLeaf(leaf, key) : undefined;
  if (ahead) push(view.ahead, watch, ahead);
  const position = area === "position" ? parsePosition(leaf) : undefined;
  if (position) push(view.positions, watch, position);
}

function placeLook(view: LiveView, look: string, leaf: string, key: string): void {
  const mark = parseLookLeaf(leaf, key);
  if (mark) push(view.looking, look, mark);
}

/** Parses the last segment of a position's key. */
export function parsePosition(leaf: string): WatchPosition | undefined {
  const match = /^(\d{17})-(.+)$/.exec(leaf);
  return match ? { digits: match[1] as string, uuid: match[2] as string } : undefined;
}

function placeCopy(view: LiveView, copy: string, [area, leaf = ""]: readonly string[], key: string): void {
  const mark = area === "writing" ? parseWritingLeaf(leaf, key) : undefined;
  if (mark) push(view.writing, copy, mark);
  if (area === "claim.json") view.copyClaims.add(copy);
  else if (area === "published") push(view.published, copy, markOf(key));
  else if (area === "seen") push(view.copySeen, copy, markOf(key));
}

function markOf(key: string): Mark {
  return { mark: key.slice(key.indexOf("~") + 1), key };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const all = map.get(key);
  if (all) all.push(value);
  else map.set(key, [value]);
}
