import type { World } from "../jobs/world.ts";
import { type Reason, reason } from "../model/reason.ts";
import { isAbout, parseVerifyKey, type VerifyNotice } from "./noticeKeys.ts";
import { resolveNotice } from "./notices.ts";

const CODE = "verify.failed";

/** Open notices about failed verifications of a repository, by any of its names. */
export function verifyNotices({ live }: Pick<World, "live">, names: readonly string[]): VerifyNotice[] {
  return [...(live?.notices.keys() ?? [])]
    .flatMap((key) => parseVerifyKey(key) ?? [])
    .filter(({ repository }) => names.includes(repository));
}

/** Whether a request names one snapshot, and not whichever is there. */
export const isOne = (snapshot: string) => snapshot !== "all" && snapshot !== "latest";

/** A snapshot that a whole listing lacks is gone: nothing will verify it again. */
export async function resolveUnlisted(
  world: World,
  names: readonly string[],
  listed: readonly { name: string; uuid?: string | undefined }[],
): Promise<void> {
  for (const { key, snapshot } of verifyNotices(world, names)) {
    if (!isOne(snapshot) || listed.some((one) => isAbout({ snapshot }, one))) continue;
    await resolveVerified(world, key, reason("verification.gone", { snapshot }));
  }
}

export async function resolveVerified(world: World, key: string, why: Reason): Promise<void> {
  await resolveNotice(world, key, CODE, why);
  world.live?.notices.delete(key);
}
