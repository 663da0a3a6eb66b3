import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { placeOf, type World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import type { ProofLevel } from "../../model/repository.ts";
import { placeId } from "../../repository/place.ts";
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

/** Whether a tool writes the blobs there and no cluster: those of a watch, or a copy's destination. */
export function isCopied(world: Pick<World, "config">, name: string): boolean {
  const { watches, copies } = world.config;
  const id = placeId(placeToRead(world, name));
  return [...Object.values(watches).map(({ blobs }) => blobs), ...Object.values(copies).map(({ to }) => to)].some(
    (place) => placeId(place) === id,
  );
}
