import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { placeOf, type World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import type { ProofLevel } from "../../model/repository.ts";
import type { Standing } from "../../proof/proposal.ts";
import { isSamePlace } from "../../repository/place.ts";
import { placeWithoutKeys } from "../../repository/withoutKeys.ts";
import type { VerificationData, VerificationInput } from "./step.ts";

const VERIFICATION_PATIENCE_MS = 24 * 3_600_000;

export interface VerificationRequest {
  /** A repository of ossnap.yaml, or the registered name of a watch. */
  repository: string;
  snapshot: string;
  level: ProofLevel;
  /** At level contents: how many bytes of the data are read; all by default. */
  budgetBytes?: number | undefined;
}

/** Writes the intent to prove snapshots of a repository; each request is a separate job unless the caller's key matches. */
export async function askVerification(
  world: World,
  request: VerificationRequest,
  asked: Asked,
  order: { key: string; fingerprint?: string; patienceMs?: number },
): Promise<Created> {
  const { budgetBytes, ...wanted } = request;
  const budget = budgetBytes === undefined ? {} : { budgetBytes };
  const input: VerificationInput = { ...wanted, ...budget, place: placeWithoutKeys(placeToRead(world, request.repository)) };
  const data: VerificationData = { verdicts: [] };
  return world.log.create(
    jobId.byKey("verification", order.key),
    {
      about: `${request.repository}, ${request.snapshot}, ${request.level}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + (order.patienceMs ?? VERIFICATION_PATIENCE_MS)).toISOString(),
      input,
      ...(order.fingerprint === undefined ? {} : { fingerprint: order.fingerprint }),
    },
    { state: "asked", reason: reason("verification.asked", { by: asked.who }), data },
  );
}

/** The place of a repository's blobs, or of a watch's by its registered or own name. */
export function placeToRead(world: Pick<World, "config">, name: string): Place {
  const watch = Object.entries(world.config.watches).find(([watchName, { register }]) => register.name === name || watchName === name);
  return watch ? watch[1].blobs : placeOf(world.config, name, Object.keys(world.config.watches));
}

/**
 * Who writes the blobs there: the cluster of a repository that is registered as writable, even if a watch reads the same place; otherwise
 * a tool, if they are those of a watch or a copy's destination.
 */
export function standingOf(world: Pick<World, "config">, name: string): Standing {
  const { watches, copies, repositories } = world.config;
  const read = placeToRead(world, name);
  const writer = Object.entries(repositories).find(
    ([, { register, blobs }]) => register && String(register.settings.readonly) !== "true" && blobs && isSamePlace(blobs, read),
  );
  if (writer) return { writer: { repository: writer[0], cluster: writer[1].cluster } };
  const copied = [...Object.values(watches).map(({ blobs }) => blobs), ...Object.values(copies).map(({ to }) => to)];
  return { isCopy: copied.some((place) => isSamePlace(place, read)) };
}
