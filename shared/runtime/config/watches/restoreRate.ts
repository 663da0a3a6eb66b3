import type { Registration } from "../../../model/config.ts";
import { RESTORE_RATE, restoreRateFault, withRestoreRate } from "../../../repository/settings/restoreRate.ts";
import { checkedText } from "../fields.ts";
import { asSection, at, type Finding, finding } from "../tree.ts";

const FIX = "write whole bytes a second with a unit, such as 80mb";

/** A rate with its unit. */
export function restoreRate(title: string, description: string) {
  const check = (value: string) => (restoreRateFault(value) === undefined ? undefined : { code: "rate", wrong: "not a rate", fix: FIX });
  return checkedText(title, description, check, { ofNumber: FIX });
}

/** A watch's registration with the rate of its restores. */
export function registeredAt(register: Registration & { name: string }, rate: string | undefined): Registration & { name: string } {
  const readonly = { ...register, settings: { ...register.settings, readonly: true } };
  return rate === undefined ? readonly : withRestoreRate(readonly, rate);
}

/** Both say what the registration's rate is. */
export function checkRate(tree: unknown, watch: string): Finding[] {
  const path = ["watches", watch, "restore", "maxBytesPerSec"];
  const settings = asSection(at(tree, ["watches", watch, "register", "settings"]));
  if (at(tree, path) === undefined || !Object.hasOwn(settings, RESTORE_RATE)) return [];
  return [finding(path, "rateBoth", `beside ${RESTORE_RATE} of the registration`, "leave one of them out")];
}
