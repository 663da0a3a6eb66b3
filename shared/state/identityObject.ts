import * as z from "zod";
import type { BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { stateKey } from "./keys.ts";
import type { LiveView } from "./liveView.ts";
import { damagedObject } from "./objects.ts";

export const STATE_SCHEMA = 1;

/** Written by `ossnap init`; distinguishes a new state from a lost or foreign one. */
export interface StateIdentity {
  schema: number;
  product: "ossnap";
  id: string;
  createdAt: string;
  /**
   * Set once the mark was written: a missing mark then means that `live/` was lost. Absent in states of the first version and during
   * `ossnap init`.
   */
  marked?: true;
}

const OURS = z.looseObject({ product: z.literal("ossnap"), schema: z.number(), id: z.string().min(1), createdAt: z.string() });
/** Also of another product, which may call itself anything. */
const OBJECT = z.looseObject({ product: z.unknown() });

/**
 * The identity as `state.json` has it.
 * @throws AppError `invalid`: it is another product's, of a newer version, or damaged; the message says what helps.
 */
export async function readIdentity(state: BlobStore, bytes: Uint8Array, live: LiveView): Promise<StateIdentity> {
  const found = parsed(bytes);
  const ours = OURS.safeParse(found);
  if (ours.success && ours.data.schema === STATE_SCHEMA) return found as StateIdentity;
  if (ours.success && ours.data.schema > STATE_SCHEMA) throw newer(state.url, ours.data.schema);
  const product = OBJECT.safeParse(found).data?.product;
  if (product === "ossnap" || (product === undefined && live.marks.size > 0)) throw damaged(state.url, live);
  const alone = await isAlone(state);
  throw product === undefined && !alone && !OBJECT.safeParse(found).success ? damaged(state.url, live) : foreign(state.url, alone);
}

/** `undefined` for what is not JSON. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

async function isAlone(state: BlobStore): Promise<boolean> {
  for await (const { key } of state.list("")) if (key !== stateKey.identity) return false;
  return true;
}

function foreign(url: string, alone: boolean): AppError {
  const empty = alone ? ", or empty it and run: `ossnap init` (then `ossnap adopt`, where snapshots exist already)" : "";
  const fix = `point state: at ossnap's own bucket and prefix${empty}`;
  return new AppError("invalid", `state ${url}: ${stateKey.identity} is not ossnap's; ${fix}`, {
    reason: reason("state.foreign", { state: url }),
  });
}

function newer(url: string, schema: number): AppError {
  const known = `${STATE_SCHEMA}, the newest that this version of ossnap knows`;
  return new AppError("invalid", `state ${url}: has schema ${schema}, newer than ${known}; deploy the newer version`, {
    reason: reason("state.newer", { schema }),
  });
}

/** Everything else is still there: pins, jobs, positions, evidence. */
function damaged(url: string, { marks }: LiveView): AppError {
  const [mark, ...others] = marks;
  const [, schema, id] = (others.length === 0 && /^(\d+)-(.+)$/.exec(mark ?? "")) || [];
  const text = JSON.stringify({ schema: Number(schema), product: "ossnap", id, createdAt: "unknown", marked: true });
  const anew =
    id === undefined
      ? `where there is none, delete ${stateKey.identity} alone and run: \`ossnap init\``
      : `where there is none, write this into it, which ${stateKey.marker(`${schema}-${id}`)} shows: ${text}`;
  const fix = `put it back from a copy or an earlier version of the object; ${anew}; delete nothing else there`;
  return damagedObject(stateKey.identity, `the identity of ${url} is damaged; ${fix}`);
}
