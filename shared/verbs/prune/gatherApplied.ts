import * as z from "zod";
import type { World } from "../../jobs/world.ts";
import { stateKey } from "../../state/keys.ts";
import { readHint } from "../../state/records.ts";

const APPLIED = z.looseObject({ hash: z.string() });

/** Whether a person applied a plan of this policy, after which its timer may delete; a damaged record does not say so. */
export async function wasApplied(world: World, policy: string, fingerprint: string): Promise<boolean> {
  return (await readHint(world, stateKey.applied(policy, fingerprint), APPLIED)).value !== undefined;
}
