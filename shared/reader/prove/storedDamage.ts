import * as z from "zod";
import type { BlobStore } from "../../model/blobStore.ts";
import type { Place } from "../../model/config.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { shortHash } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import { PROOF_LEVELS } from "../../model/repository.ts";
import { deeper, type Evidence, isDeepest } from "../../proof/evidence/evidenceRules.ts";
import type { MarksAt, WideDamage } from "../../proof/marks.ts";
import { placeId } from "../../repository/place.ts";
import { stateKey } from "../../state/keys.ts";
import { damagedObject, writeObject } from "../../state/objects.ts";
import { orDamaged, readShaped } from "../../state/records.ts";
import { storedTime } from "../../state/shapes.ts";
import { MARKS, marksIn } from "../partLedger.ts";

const VERDICT = z.enum(["whole", "incomplete", "damaged", "not-restorable", "unproven"]);
const LEVEL = z.enum(PROOF_LEVELS);
const COUNT = z.int().min(0);
const CONFIRMED = z.looseObject({ level: LEVEL, at: storedTime, since: storedTime.optional() });
const EVIDENCE = z.looseObject({
  ...{ name: z.string(), uuid: z.string(), url: z.string(), digest: z.string(), at: storedTime, version: z.string() },
  ...{ verdict: VERDICT, level: LEVEL, generation: z.int().min(-1), blobs: COUNT, bytes: COUNT },
  ...{ place: z.string().optional(), scope: z.string().optional(), subset: z.literal(true).optional(), since: storedTime.optional() },
  visibleAt: LEVEL.optional(),
  ...{ traced: z.literal(true).optional(), marks: z.array(z.string()).optional(), confirmed: CONFIRMED.optional() },
});
const WIDE = z.looseObject({ uuid: z.string(), at: storedTime, level: LEVEL, verdict: VERDICT, indices: z.array(z.string()) });

/** Takes the digest's place in the key of damage that leaves the closure unknown. */
const NO_CLOSURE = "damage";

/** Under which a verdict on the blobs of a place is stored: a copy shares uuid and digest with its original, but not the verdict. */
export function evidenceKey({ uuid, digest, place = "" }: Pick<Evidence, "uuid" | "digest" | "place">): string {
  return stateKey.evidence(uuid, digest || NO_CLOSURE, shortHash(8, place));
}

/**
 * A stored verdict; `undefined` if there is none under this key. What a damaged one said is unknown, and it may be that the snapshot is broken.
 * @throws AppError `invalid` with reason `evidence.damagedRecord`, which says what helps.
 */
export async function readEvidence(state: BlobStore, key: string): Promise<Evidence | undefined> {
  return orSayHelp(key, async () => {
    const found = await readShaped<Evidence>(state, key, EVIDENCE);
    // Early evidence of version 0.1.0 had neither a place nor the time at which its proof began.
    const isEarly = found?.place === undefined && found?.since === undefined;
    if (found && !isEarly && evidenceKey(found) !== key)
      throw damagedObject(key, "is damaged: its uuid, digest or place is that of another key");
    return found;
  });
}

/** Like {@link readEvidence}; `"damaged"` for a record that cannot be read. */
export async function evidenceOrDamaged(state: BlobStore, key: string): Promise<Evidence | "damaged" | undefined> {
  return orDamaged(() => readEvidence(state, key));
}

/** The marks of a place's ledger alone: one LIST of what is usually nothing, and one GET for each wide damage. */
export async function marksAt(state: BlobStore, at: Place): Promise<MarksAt> {
  const keys: string[] = [];
  const wide: WideDamage[] = [];
  for await (const { key, lastModified } of state.list(marksOf(at))) {
    const leaf = key.slice(marksOf(at).length);
    keys.push(`${MARKS}${leaf}`);
    const found = leaf.startsWith(WIDE_LEAF) ? await wideOrWorst(state, key, lastModified) : undefined;
    if (found) wide.push(found);
  }
  return { ...marksIn(keys), wide };
}

const WIDE_LEAF = "wide/";
const marksOf = (at: Place) => `${stateKey.partsOf(shortHash(8, placeId(at)))}${MARKS}`;
const wideKey = (at: Place, uuid: string) => `${marksOf(at)}${WIDE_LEAF}${uuid}`;
const readWide = (state: BlobStore, key: string) => orDamaged(() => readShaped<WideDamage>(state, key, WIDE));

/** No proof began later. */
const NEVER = new Date(8.64e15);

/** A damaged record counts as all that it may have said: damage of any index that only the deepest proof sees. */
async function wideOrWorst(state: BlobStore, key: string, written = NEVER): Promise<WideDamage | undefined> {
  const found = await readWide(state, key);
  const uuid = key.slice(key.lastIndexOf("/") + 1);
  if (found !== "damaged") return found && { ...found, uuid };
  return { uuid, at: written.toISOString(), level: "contents", verdict: "damaged", indices: [], unread: key };
}

/** Adds to what was noted of the snapshot before, which only a proof that finds it whole ends. */
export async function noteWide(state: BlobStore, at: Place, damage: WideDamage): Promise<void> {
  const key = wideKey(at, damage.uuid);
  const before = await wideOrWorst(state, key);
  await writeObject(state, key, before ? widest(before, damage) : damage);
}

function widest(before: WideDamage, now: WideDamage): WideDamage {
  const isAny = before.indices.length === 0 || now.indices.length === 0;
  const indices = isAny ? [] : [...new Set([...before.indices, ...now.indices])];
  return { ...now, level: deeper(before.level, now.level), indices };
}

/** Ends what was noted of a snapshot that is proven whole now, deeply enough; of a damaged record only the deepest level is. */
export async function endWide(
  state: BlobStore,
  at: Place,
  { uuid, level }: Pick<Evidence, "uuid" | "level">,
  isOver: (damage: WideDamage) => boolean,
): Promise<void> {
  const found = await readWide(state, wideKey(at, uuid));
  if (found === "damaged" ? isDeepest(level) : found && isOver(found)) await forgetWide(state, at, [uuid]);
}

export async function forgetWide(state: BlobStore, at: Place, uuids: readonly string[]): Promise<void> {
  if (uuids.length > 0) await state.delete(uuids.map((uuid) => wideKey(at, uuid)));
}

async function orSayHelp<T>(key: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    const uuid = key.split("/")[1] ?? "";
    const message = messageOf(error);
    const help = `verify the snapshot with uuid ${uuid} at level contents, which replaces the record, or put it back from a copy`;
    throw new AppError("invalid", `${message}; ${help}`, { reason: reason("evidence.damagedRecord", { uuid, message }), cause: error });
  }
}
