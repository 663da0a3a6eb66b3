import type { Place, Registration, Watch } from "../model/config.ts";
import { isSecretSetting } from "./settings/settingKeys.ts";

/** A place that is safe to store: its keys are looked up again in ossnap.yaml by bucket and path. */
export function placeWithoutKeys({ accessKeyId: _id, secretAccessKey: _secret, sessionToken: _token, ...place }: Place): Place {
  return place;
}

export function watchWithoutKeys(watch: Watch): Watch {
  return { ...watch, blobs: placeWithoutKeys(watch.blobs), register: { ...watch.register, settings: safeSettings(watch.register) } };
}

function safeSettings({ settings }: Registration): Registration["settings"] {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !isSecretSetting(key)));
}
