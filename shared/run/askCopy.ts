import { jobId } from "../jobs/ids.ts";
import type { Created } from "../jobs/log.ts";
import type { Asked } from "../jobs/record.ts";
import type { CopyData, CopyInput } from "../jobs/steps/copy.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { chooseSnapshots } from "../plan/copy.ts";
import { freshRun } from "./freshRun.ts";
import { type OpenedRepository, openRepository } from "./readRepository.ts";
import { datedSnapshots } from "./rootSnapshots.ts";
import { safePlace } from "./withoutSecrets.ts";
import { configured, placeOf, type World } from "./world.ts";

const COPY_PATIENCE_MS = 24 * 3_600_000;

/** Writes the intent to copy what the rule wants from the source as its newest root stands; the same root again is the same job. */
export async function askCopy(world: World, copyName: string, asked: Asked, known?: OpenedRepository): Promise<Created> {
  const rule = configured(world.config, "copies", copyName);
  const from = placeOf(world.config, rule.from);
  const source = world.blobs(from);
  const opened = known ?? (await openRepository(source));
  if (!opened.root)
    throw new AppError("absent", `copies.${copyName}: ${source.url} has no root (index-N), so there is nothing to copy yet`, {
      reason: reason("copy.noRoot", { source: source.url }),
    });
  const wanted = chooseSnapshots({ ...opened.root, snapshots: await datedSnapshots(source, opened) }, rule.snapshots).map(
    ({ uuid }) => uuid,
  );
  const input: CopyInput = { copyName, rule: { ...rule, to: safePlace(rule.to) }, from: safePlace(from), wanted };
  const data: CopyData = { round: 0, snapshots: [], skipped: { blobs: 0, bytes: 0 }, batches: [], moved: { blobs: 0, bytes: 0 } };
  const id = jobId.copy(copyName, opened.root.sha256, wanted);
  return world.log.create(
    asked.by === "ossnap" ? id : await freshRun(world, id),
    {
      about: `${copyName}, ${wanted.length} snapshots of ${opened.root.key}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + COPY_PATIENCE_MS).toISOString(),
      input,
    },
    { state: "asked", reason: reason("copy.asked", { by: asked.who }), data },
  );
}
