import type { World } from "../../../shared/jobs/world.ts";
import { AppError, messageOf } from "../../../shared/model/errors.ts";
import { oneLine } from "../../../shared/model/plainText.ts";
import { isBroken, type ProofLevel } from "../../../shared/model/repository.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { onNamedPlace } from "../../../shared/reader/namedPlace.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import type { Sample } from "../../../shared/reader/prove/sampler.ts";
import { proveChosen } from "../../../shared/reader/proveRepository.ts";
import { standingOf } from "../../../shared/verbs/verification/ask.ts";
import { bytesText, counted } from "../../../shared/words/numbers.ts";
import type { Answer } from "../answer.ts";
import { requireHere } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { isUrl, placeNamed, storeOf } from "../placeStore.ts";
import type { Session } from "../session.ts";
import { isAllWhole, verificationOf } from "../verification.ts";
import { verificationText } from "../verificationText.ts";

export interface VerifyOptions {
  place: string;
  /** A name, a uuid, `latest` or `all`. */
  snapshot: string;
  level: ProofLevel | undefined;
  sample: Sample | undefined;
}

/** Progress in a file takes one line per update. */
const FILES_PER_LINE = 20;

/** Proves the selected snapshots from the bucket alone, without a cluster or a state, and for a URL without an ossnap.yaml. */
export async function verify(session: Session, { place, snapshot, level, sample }: VerifyOptions): Promise<Answer> {
  requireHere(session, "verify reads the bucket from where it runs; the functions verify by themselves, or by POST /verifications");
  const { terminal } = session;
  const store = await storeOf(session, place);
  terminal.progress(`reading ${store.url}`);
  const world = await stateOf(session, place);
  const at = await placeNamed(session, place);
  const since = world?.clock.now();
  const verified = await onNamedPlace(place, () =>
    proveChosen(store, {
      snapshot,
      now: since ?? new Date(),
      level: level ?? (sample ? "contents" : "footers"),
      sample,
      ...(world && { ledger: partLedger(world.state, at) }),
      onProof: (proof) =>
        terminal.progress(`${oneLine(proof.name)}: ${proof.verdict} (${proof.level}, ${counted(proof.blobs, "blob", "blobs")})`),
      onMoved: ({ name, from, to }) =>
        terminal.note(`${oneLine(name)}: the root changed from ${from} to ${to} meanwhile; reading it again`),
      onRead(name, { files, bytes }) {
        if (files % FILES_PER_LINE === 0)
          terminal.progress(`${oneLine(name)}: ${counted(files, "file", "files")} read, ${bytesText(bytes)}`);
      },
      onParts(name, { verifiedBytes, bytes }) {
        const percent = Math.floor((100 * verifiedBytes) / bytes);
        terminal.progress(
          `${oneLine(name)}: files in several parts ${percent} % verified, ${bytesText(verifiedBytes)} of ${bytesText(bytes)}`,
        );
      },
    }),
  );
  // A sample proves less than its level says, and only the damage that it found is kept.
  const kept = verified.proofs.filter((proof) => sample === undefined || isBroken(proof));
  for (const proof of kept)
    if (world && since && (await storeEvidence(world, at, proof, since)) === "unread")
      terminal.note(`${oneLine(proof.name)}: its stored verdict cannot be read and stays; --level contents replaces it`);
  const known = isUrl(place) ? undefined : await session.settings();
  const standing = known ? standingOf(known, place) : {};
  const verification = verificationOf(store, verified, standing);
  const registered = standing.writer?.repository ?? (known && Object.hasOwn(known.config.repositories, place) ? place : undefined);
  const exitCode = isAllWhole(verification) ? EXIT.ok : EXIT.notWhole;
  return { schema: "verify/1", data: verification, exitCode, text: (look) => verificationText(verification, look, registered) };
}

/** The state, where the verdicts on a repository or watch of ossnap.yaml are kept; a URL leaves nothing behind. */
async function stateOf(session: Session, place: string): Promise<World | undefined> {
  if (isUrl(place)) return undefined;
  try {
    return await session.world();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    session.terminal.note(`the verdicts are not stored: ${messageOf(error).split("\n")[0]}`);
    return undefined;
  }
}
