import * as z from "zod";
import type { World } from "../../jobs/world.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { parseDuration } from "../../repository/duration.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow } from "../../state/objects.ts";
import { readHint } from "../../state/records.ts";
import { keyText, lenientTextOf } from "../../state/segment.ts";
import { storedTime } from "../../state/shapes.ts";

const BECAUSE_LENGTH = 200;

const EXPIRY_FIX = "is not a time; write 2027-06-30T00:00:00Z, or 90d from now";

const becauseText = (fix: string) =>
  z
    .string({ error: `is missing; ${fix}` })
    .trim()
    .min(1, `is empty; ${fix}`)
    .max(BECAUSE_LENGTH, `is longer than ${BECAUSE_LENGTH} characters`);

/** Why a snapshot is pinned, as a person writes it. */
export const pinText = becauseText("write why it must be kept");

/** Why a backup is taken by hand. */
export const backupText = becauseText("write why it is taken, or leave it out");

/** A point in time, or how long from now. */
export type Expiry = { at: Date } | { inMs: number };

/** When a pin expires, as a person writes it: `2027-06-30T00:00:00Z`, or `90d` from now. */
export const pinExpiry = z.string({ error: EXPIRY_FIX }).transform((text, context): Expiry => {
  const inMs = parseDuration(text);
  if (inMs !== undefined && inMs > 0) return { inMs };
  const at = z.iso.datetime({ offset: true }).safeParse(text);
  if (at.success) return { at: new Date(at.data) };
  context.addIssue({ code: "custom", message: `${JSON.stringify(text)} ${EXPIRY_FIX}` });
  return z.NEVER;
});

/** A snapshot that nothing of ossnap's deletes until the pin is removed or expires. */
export interface Pin {
  repository: string;
  name: string;
  /** Absent on 2.x, where the name identifies the snapshot. */
  uuid?: string | undefined;
  because: string;
  by: string;
  at: string;
  /** ISO; without it the pin holds until it is removed. */
  until?: string | undefined;
  /** Set when its record is damaged: it holds until it is put back or removed. */
  damaged?: Reason;
}

const STORED = z.looseObject({
  repository: z.string().optional(),
  name: z.string().optional(),
  uuid: z.string().optional(),
  because: z.string().optional(),
  by: z.string().optional(),
  at: z.string().optional(),
  until: storedTime.optional(),
});

/** What identifies a snapshot in a pin's key. */
export function pinnedId({ name, uuid }: { name: string; uuid?: string | undefined }): string {
  return keyText(uuid ?? name);
}

/** The pins of a repository by {@link pinnedId}, expired ones included. One LIST, and one GET per pin. */
export async function pinsOf(world: World, repository: string): Promise<Map<string, Pin>> {
  return new Map((await storedPins(world, repository)).map(({ id, pin }) => [id, pin]));
}

export interface StoredPin {
  id: string;
  pin: Pin;
  /** A person may have written it, in another way than ossnap does. */
  object: string;
}

/** The pins of a repository with the objects that they are in. */
export async function storedPins(world: World, repository: string): Promise<StoredPin[]> {
  const pins: StoredPin[] = [];
  for (const name of await keysBelow(world.state, stateKey.pins(repository))) {
    const object = stateKey.pins(repository) + name;
    const id = name.endsWith(".json") ? lenientTextOf(name.slice(0, -".json".length)) : undefined;
    if (id === undefined) {
      world.logger.error("a key of the state is none of ossnap's and is ignored", { object });
      continue;
    }
    const { value: pin, fault } = await readHint<Partial<Pin>>(world, object, STORED, "protects its snapshot");
    // A pin that was written by hand may be empty.
    const unsaid = { repository, name: id, because: "", by: "", at: "" };
    if (pin) pins.push({ id, object, pin: { ...unsaid, ...pin } });
    // Who pinned it meant to keep it.
    else if (fault) pins.push({ id, object, pin: { ...unsaid, damaged: reason("keep.pinDamaged", { repository, snapshot: id, object }) } });
  }
  return pins;
}

export function isExpired({ until }: Pin, now: Date): boolean {
  return until !== undefined && new Date(until) <= now;
}

/** Why a pinned snapshot is kept. */
export function pinReason({ because, by, until, damaged }: Pin): Reason {
  if (damaged) return damaged;
  return until === undefined ? reason("keep.pinned", { because, by }) : reason("keep.pinnedUntil", { because, by, until });
}
