import * as z from "zod";
import type { World } from "../../jobs/world.ts";
import type { Taken } from "../../plan/backup/shrink.ts";
import { stateKey } from "../../state/keys.ts";
import { type Hint, readHint } from "../../state/records.ts";
import { storedTime } from "../../state/shapes.ts";

const TAKEN = z.looseObject({
  snapshot: z.string(),
  uuid: z.string().optional(),
  at: storedTime,
  indices: z.array(z.string()),
  streams: z.array(z.string()),
  seconds: z.number().optional(),
  bytes: z.number().optional(),
});

/** The contents of a policy's last success. */
export async function gatherTaken(world: World, policy: string): Promise<Hint<Taken>> {
  return readHint<Taken>(world, stateKey.taken(policy), TAKEN);
}
