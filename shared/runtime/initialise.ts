import { randomUUID } from "node:crypto";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { initState, type StateIdentity } from "../state/identity.ts";
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

/** Writes the identity of a new state, once. A versioned bucket is `invalid`: it ignores forbid-overwrite, so two writers could win. */
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
  const { identity, created } = await initState(state, randomUUID(), () => new Date());
  return { identity, created, url: state.url };
}
