import { randomUUID } from "node:crypto";
import type { BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { initState, type StateIdentity } from "../state/identity.ts";
import { writeObjectOnce } from "../state/objects.ts";
import type { FcContext } from "./context.ts";
import type { RuntimeSettings } from "./settings.ts";
import { stateIsVersioned } from "./stores.ts";
import { connect } from "./wire.ts";

export interface Initialised {
  identity: StateIdentity;
  /** False when the state had already been initialised. */
  created: boolean;
  url: string;
}

/**
 * Writes the identity of a new state, once. A place where a key can be written twice by `ifAbsent` is `invalid`, because two writers could both
 * win there: a versioned bucket of OSS ignores forbid-overwrite; other stores are tried, since some servers of S3 ignore If-None-Match.
 */
export async function initialise(settings: RuntimeSettings, context: FcContext): Promise<Initialised> {
  const { state } = connect(settings, context);
  if (await stateIsVersioned(settings, context))
    throw new AppError(
      "invalid",
      `state bucket ${settings.config.state.bucket} has versioning: forbid-overwrite is ignored there, so two writers could both win; use an unversioned bucket`,
      {
        reason: reason("state.versioned", { bucket: settings.config.state.bucket }),
      },
    );
  if (settings.config.state.store !== "oss") await requireOneWriter(state);
  const { identity, created } = await initState(state, randomUUID(), () => new Date());
  return { identity, created, url: state.url };
}

async function requireOneWriter(state: BlobStore): Promise<void> {
  const key = `probe-${randomUUID()}`;
  const writes = () => writeObjectOnce(state, key, {});
  try {
    if ((await writes()) && !(await writes())) return;
  } finally {
    await state.delete([key]);
  }
  throw new AppError(
    "invalid",
    `state ${state.url}: a key that may only be written once (If-None-Match) was written twice, so two writers could both win; use OSS, Amazon's S3, another server that refuses the second write, or a directory`,
    { reason: reason("state.writtenTwice", { state: state.url }) },
  );
}
