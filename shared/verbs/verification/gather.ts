import type { OpenWork } from "../../jobs/openWork.ts";
import { isTimeUp } from "../../jobs/readingInTime.ts";
import type { World } from "../../jobs/world.ts";
import { isBroken } from "../../model/repository.ts";
import { resolveUnlisted } from "../../notices/verifyNotices.ts";
import { linksReason } from "../../proof/links.ts";
import type { Standing } from "../../proof/proposal.ts";
import { storeEvidence } from "../../reader/evidence.ts";
import { partLedger } from "../../reader/partLedger.ts";
import { endGoneDamage } from "../../reader/prove/goneDamage.ts";
import { proveChosen } from "../../reader/proveRepository.ts";
import { hiddenRoot } from "../../reader/rootBlob.ts";
import { standingOf } from "./ask.ts";
import type { VerificationJob, VerificationObservation } from "./step.ts";

/** Proves as many snapshots as fit into the invocation and stores each verdict as evidence. */
export async function gatherVerification(world: World, work: OpenWork, job: VerificationJob): Promise<VerificationObservation> {
  const { repository, place, snapshot, level, budgetBytes } = job.intent.input;
  const store = world.blobs(place);
  const done = new Set(job.head.data.verdicts.map(({ uuid }) => uuid));
  const since = world.clock.now();
  const { proofs, open, root, hiding, links } = await proveChosen(store, {
    snapshot,
    level,
    now: since,
    skip: done,
    sample: budgetBytes === undefined ? undefined : { bytes: budgetBytes },
    ledger: partLedger(world.state, place),
    deadline: () => isTimeUp(world),
  });
  if (open > 0) work.cut.add(job.id);
  // With a budget every footer was read, and only some contents; damage found in them needs a proof of all contents to end.
  const proven = (proof: (typeof proofs)[number]) =>
    budgetBytes === undefined || isBroken(proof) ? proof : { ...proof, level: "footers" as const };
  for (const proof of proofs)
    if ((await storeEvidence(world, place, proven(proof), since)) === "unread")
      world.logger.warn("a stored verdict cannot be read; a verification at level contents replaces it", {
        snapshot: proof.name,
        repository,
      });
  await endGoneDamage(world, place, root);
  await resolveUnlisted(world, [repository], root.snapshots);
  const hidden = hiddenRoot(store, { hiding });
  const linked = links && linksReason(store.url, links);
  return { proofs, open, root, standing: standingNow(world, repository), hidden, linked };
}

/** What left ossnap.yaml since the request is nobody's copy any more. */
function standingNow(world: World, repository: string): Standing {
  const { watches, repositories } = world.config;
  const isKnown = Object.hasOwn(repositories, repository) || Object.hasOwn(watches, repository);
  const isRegistered = Object.values(watches).some(({ register }) => register.name === repository);
  return isKnown || isRegistered ? standingOf(world, repository) : {};
}
