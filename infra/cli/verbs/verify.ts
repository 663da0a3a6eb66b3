import { existsSync } from "node:fs";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import type { Place } from "../../../shared/model/config.ts";
import { AppError, hasCode, messageOf } from "../../../shared/model/errors.ts";
import type { ProofLevel } from "../../../shared/model/repository.ts";
import { parsePlaceUrl } from "../../../shared/repository/url.ts";
import { placeToRead } from "../../../shared/run/askVerification.ts";
import { proveChosen } from "../../../shared/run/verifyRepository.ts";
import { connectPlace } from "../../../shared/runtime/wire.ts";
import type { Answer } from "../answer.ts";
import type { Environment } from "../environment.ts";
import { EXIT } from "../exitCodes.ts";
import { type Session, terminalContext } from "../session.ts";
import { isAllWhole, verificationOf, verificationText } from "../verification.ts";

export interface VerifyOptions {
  snapshot?: string;
  level?: ProofLevel;
}

/** Proves the chosen snapshots from the bucket alone: no cluster is asked, no state is needed, and for a URL no ossnap.yaml. */
export async function verify(session: Session, subject: string, options: VerifyOptions): Promise<Answer> {
  const { terminal } = session;
  const store = /^[a-z0-9]+:\/\//i.test(subject)
    ? await storeOfUrl(session, subject)
    : await session.blobs(placeToRead(session.settings(), subject));
  terminal.progress(`reading ${store.url}`);
  const verified = await proveChosen(store, {
    snapshot: options.snapshot ?? "all",
    level: options.level ?? "footers",
    onProof: ({ name, verdict, level, blobs }) => terminal.progress(`${name}: ${verdict} (${level}, ${blobs} blobs)`),
  });
  const verification = verificationOf(store.url, verified);
  const exitCode = isAllWhole(verification) ? EXIT.ok : EXIT.notWhole;
  return { schema: "verify/1", data: verification, exitCode, text: (look) => verificationText(verification, look) };
}

/** A bucket's keys may stand in ossnap.yaml, if there is one that can be read; a directory needs none. */
async function storeOfUrl(session: Session, url: string): Promise<BlobStore> {
  const place = parsePlaceUrl(url);
  if (place.store === "directory") return connectPlace(place, terminalContext({}, undefined));
  const { config = "ossnap.yaml" } = session.options;
  if (session.options.config !== undefined || existsSync(config)) {
    try {
      return await session.blobs(withEnvironmentKeys(place, session.environment()));
    } catch (error) {
      if (session.options.config !== undefined || !hasCode(error, "invalid")) throw error;
      session.terminal.note(`${config} is not used: ${messageOf(error).split("\n")[0]}`);
    }
  }
  const keyed = withEnvironmentKeys(place, session.environment());
  if (keyed.store === "s3" && keyed.accessKeyId === undefined)
    throw new AppError("denied", `${url}: no access key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  return connectPlace(keyed, session.context(place.region));
}

/** S3's own variables count for s3:// alone; those of OSS come with the context. */
function withEnvironmentKeys(place: Place, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }: Environment): Place {
  return place.store === "s3" && accessKeyId && secretAccessKey ? { ...place, accessKeyId, secretAccessKey } : place;
}
