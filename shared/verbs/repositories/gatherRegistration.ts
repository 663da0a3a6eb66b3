import { repositoryState } from "../../jobs/registration.ts";
import type { World } from "../../jobs/world.ts";
import type { Registration } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";
import type { RegistrationDrift } from "../../repository/drift.ts";
import { isSecretSetting } from "../../repository/settings/settingKeys.ts";
import { questionOf } from "./apply.ts";

/** What registering one repository by hand would do. */
export interface RegistrationPlan {
  /** Without the values of secrets. */
  wanted: Registration & { name: string; cluster: string };
  registered: Pick<RegistrationDrift, "state" | "reason" | "differences" | "secrets"> & {
    /** It would change settings that ossnap did not register itself. */
    overwrites: boolean;
  };
  refusal?: Reason;
}

/** Compares, and changes nothing. Errors: as `registerByHand` for a name that it does not have. */
export async function gatherRegistration(world: World, name: string): Promise<RegistrationPlan> {
  const question = questionOf(world, name);
  const { drift, need, overwrites } = await repositoryState(world, question);
  const { state, reason, differences, secrets } = drift;
  return {
    wanted: { name, cluster: question.cluster, ...withoutSecrets(question.register) },
    registered: { state, reason, differences, secrets, overwrites: overwrites.length > 0 },
    ...(need && "fault" in need ? { refusal: need.fault } : {}),
  };
}

function withoutSecrets({ type, settings }: Registration): Registration {
  return {
    type,
    settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, isSecretSetting(key) ? "(hidden)" : value])),
  };
}
