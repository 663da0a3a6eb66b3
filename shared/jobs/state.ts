import type { BlobStore } from "../model/blobStore.ts";
import { AppError, hasCode } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { stateKey } from "./keys.ts";

/** Signatures are refused beyond 15 minutes; claims and patience want better. */
const CLOCK_SKEW_MS_MAX = 5 * 60_000;

const STATE_SCHEMA = 1;

/** What `ossnap init` wrote: it tells a state that is lost or somebody else's from one that is merely new. */
export interface StateIdentity {
  schema: number;
  product: "ossnap";
  id: string;
  createdAt: string;
}

/** The store's clock, carried on by this machine's between requests. */
export interface StateClock {
  now(): Date;
}

/** Reads the identity and sets the clock. Absent or foreign identity, or clocks more than 5 minutes apart: `absent`, `invalid`, `conflict`, each naming the way out. */
export async function openState(state: BlobStore, localNow: () => Date): Promise<{ identity: StateIdentity; clock: StateClock }> {
  const bytes = await state.get(stateKey.identity);
  if (bytes === undefined)
    throw new AppError("absent", `state ${state.url}: has no identity (${stateKey.identity}); a new deployment wants: ossnap init`, {
      reason: reason("state.absent", { state: state.url }),
    });
  const identity = parseIdentity(state.url, bytes);
  return { identity, clock: await stateClock(state, localNow) };
}

/** Writes the identity of a new state once; an existing one of ours is returned as it is. */
export async function initState(
  state: BlobStore,
  id: string,
  localNow: () => Date,
): Promise<{ identity: StateIdentity; created: boolean }> {
  const clock = await stateClock(state, localNow);
  const identity: StateIdentity = { schema: STATE_SCHEMA, product: "ossnap", id, createdAt: clock.now().toISOString() };
  try {
    await state.put(stateKey.identity, new TextEncoder().encode(JSON.stringify(identity)), { ifAbsent: true });
    return { identity, created: true };
  } catch (error) {
    if (!hasCode(error, "conflict")) throw error;
    const bytes = await state.get(stateKey.identity);
    return { identity: parseIdentity(state.url, bytes ?? new Uint8Array()), created: false };
  }
}

async function stateClock(state: BlobStore, localNow: () => Date): Promise<StateClock> {
  const before = localNow().getTime();
  const theirs = (await state.now()).getTime();
  // The Date header has whole seconds and is as old as half the round trip; neither matters at this scale.
  const offsetMs = theirs - before;
  if (Math.abs(offsetMs) > CLOCK_SKEW_MS_MAX)
    throw new AppError(
      "conflict",
      `clock: this machine is ${Math.round(-offsetMs / 1000)} s off the clock of ${state.url}; set it right (NTP)`,
      {
        reason: reason("clock.skew", { seconds: Math.round(-offsetMs / 1000) }),
      },
    );
  const carried = Math.abs(offsetMs) < 2000 ? 0 : offsetMs;
  return { now: () => new Date(localNow().getTime() + carried) };
}

function parseIdentity(url: string, bytes: Uint8Array): StateIdentity {
  const fix = "point state: at ossnap's own bucket and prefix, or empty it and run: ossnap init";
  let parsed: Partial<StateIdentity>;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes)) as Partial<StateIdentity>;
  } catch (cause) {
    throw new AppError("invalid", `state ${url}: ${stateKey.identity} is not ossnap's; ${fix}`, {
      cause,
      reason: reason("state.foreign", { state: url }),
    });
  }
  if (parsed.product !== "ossnap" || typeof parsed.id !== "string" || typeof parsed.createdAt !== "string")
    throw new AppError("invalid", `state ${url}: ${stateKey.identity} is not ossnap's; ${fix}`, {
      reason: reason("state.foreign", { state: url }),
    });
  if (parsed.schema !== STATE_SCHEMA)
    throw new AppError(
      "invalid",
      `state ${url}: has schema ${parsed.schema}, this version of ossnap knows ${STATE_SCHEMA}; deploy the newer one`,
      {
        reason: reason("state.newer", { schema: parsed.schema ?? 0 }),
      },
    );
  return parsed as StateIdentity;
}
