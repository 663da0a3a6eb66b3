import type { ProofLevel } from "../../../shared/model/repository.ts";
import { proveChosen } from "../../../shared/reader/proveRepository.ts";
import { bytesText, countText } from "../../../shared/words/numbers.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import { storeOf } from "../placeStore.ts";
import { parseSample } from "../sample.ts";
import type { Session } from "../session.ts";
import { isAllWhole, verificationOf, verificationText } from "../verification.ts";

export interface VerifyOptions {
  snapshot?: string;
  level?: ProofLevel;
  sample?: string;
}

/** Progress in a file takes one line per update. */
const FILES_PER_LINE = 20;

/** Proves the selected snapshots from the bucket alone, without a cluster or a state, and for a URL without an ossnap.yaml. */
export async function verify(session: Session, subject: string, options: VerifyOptions): Promise<Answer> {
  const { terminal } = session;
  const sample = options.sample === undefined ? undefined : parseSample(options.sample, options.level);
  const store = await storeOf(session, subject);
  terminal.progress(`reading ${store.url}`);
  const verified = await proveChosen(store, {
    snapshot: options.snapshot ?? "all",
    level: options.level ?? (sample ? "contents" : "footers"),
    sample,
    onProof: ({ name, verdict, level, blobs }) => terminal.progress(`${name}: ${verdict} (${level}, ${blobs} blobs)`),
    onMoved: ({ name, from, to }) => terminal.note(`${name}: the root moved from ${from} to ${to} meanwhile; looking once more`),
    onRead(name, { files, bytes }) {
      if (files % FILES_PER_LINE === 0) terminal.progress(`${name}: ${countText(files)} files read, ${bytesText(bytes)}`);
    },
  });
  const verification = verificationOf(store.url, verified);
  const exitCode = isAllWhole(verification) ? EXIT.ok : EXIT.notWhole;
  return { schema: "verify/1", data: verification, exitCode, text: (look) => verificationText(verification, look) };
}
