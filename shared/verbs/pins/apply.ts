import { configured, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { keyText } from "../../state/segment.ts";
import { listedSnapshots, unknownSnapshot } from "../snapshots/gather.ts";
import { type Expiry, isExpired, type Pin, pinnedId, pinsOf, storedPins } from "./gather.ts";

export interface PinRequest {
  repository: string;
  /** A name or a uuid. */
  snapshot: string;
  because: string;
  until?: Expiry | undefined;
}

/** A later year has no ISO time of four digits, and what is later still is no time at all. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Pins a snapshot; a second pin replaces the first. Errors: `invalid` for an expiry that is over or after the year 9999, `absent` for
 * a snapshot that the cluster does not list.
 */
export async function pinSnapshot(world: World, { repository, snapshot, because, until: asked }: PinRequest, who: string): Promise<Pin> {
  const now = world.clock.now();
  const until = asked && ("at" in asked ? asked.at : new Date(now.getTime() + asked.inMs));
  if (until !== undefined && !(until.getTime() <= LAST_MS))
    throw new AppError("invalid", "until: is after the year 9999; write an earlier time, or leave it out for a pin that never expires");
  if (until !== undefined && until <= now)
    throw new AppError(
      "invalid",
      `until: ${until.toISOString()} is in the past, so the pin would protect nothing; write a later time, or leave it out`,
    );
  const found = await listedOne(world, repository, snapshot);
  const pin: Pin = {
    repository,
    name: found.name,
    ...(found.uuid === undefined ? {} : { uuid: found.uuid }),
    because,
    by: who,
    at: now.toISOString(),
    ...(until === undefined ? {} : { until: until.toISOString() }),
  };
  await writeObject(world.state, stateKey.pin(repository, pinnedId(found)), pin);
  return pin;
}

/** Takes a pin off, also of a snapshot that is gone. Returns the pin. Errors: `absent` without a pin. */
export async function unpinSnapshot(world: World, repository: string, snapshot: string): Promise<Pin> {
  configured(world.config, "repositories", repository);
  const pins = await storedPins(world, repository);
  const found = pins.filter(({ id, pin: { name } }) => id === keyText(snapshot) || name === snapshot);
  const [first] = found;
  if (!first) {
    const names = pins.map(({ pin: { name } }) => name);
    const pinned = names.length === 0 ? "nothing is pinned there" : `pinned are ${names.join(", ")}`;
    throw new AppError("absent", `snapshot ${snapshot}: is not pinned in ${repository}; ${pinned}`, {
      reason: reason("pin.absent", { repository, snapshot, pinned: names }),
    });
  }
  // One snapshot may be pinned by two objects, if a person wrote one of them.
  await world.state.delete(found.filter(({ id }) => id === first.id).map(({ object }) => object));
  return first.pin;
}

/** Every pin of every repository, the newest first. */
export async function listPins(world: World): Promise<(Pin & { expired: boolean })[]> {
  const now = world.clock.now();
  const pins: (Pin & { expired: boolean })[] = [];
  for (const repository of Object.keys(world.config.repositories))
    for (const pin of (await pinsOf(world, repository)).values()) pins.push({ ...pin, expired: isExpired(pin, now) });
  return pins.sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** A repository's snapshot by name or uuid. */
export async function listedOne(world: World, repository: string, snapshot: string): Promise<ClusterSnapshot> {
  configured(world.config, "repositories", repository);
  const listed = await listedSnapshots(world, repository);
  const found = listed.find(({ uuid }) => uuid === snapshot) ?? listed.find(({ name }) => name === snapshot);
  if (found) return found;
  throw unknownSnapshot(
    repository,
    snapshot,
    listed.map(({ name }) => name),
  );
}
