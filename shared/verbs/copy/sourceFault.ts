import { LEGACY_ROOT_KEY } from "../../format/keys.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import type { OpenedRepository } from "../../reader/readRepository.ts";

/**
 * Why nothing can be copied from this repository: no root, lost roots, or the root of 2.x, which has no uuids and no list of indices, so that no
 * root for the destination can be made from it. `undefined` if it can be copied.
 */
export function sourceFault({ root, latest }: OpenedRepository, url: string): AppError | undefined {
  if (root?.key === LEGACY_ROOT_KEY)
    return new AppError(
      "invalid",
      `${url} is a repository of Elasticsearch 2.x (its root is "index"), which cannot be copied; list its snapshots once on Elasticsearch 5.x with a writable registration, which writes index-0, or copy the whole folder with another tool`,
      { reason: reason("copy.version2", { source: url }) },
    );
  if (root) return undefined;
  if (latest !== undefined)
    return new AppError(
      "absent",
      `the roots of ${url} are lost: index.latest names index-${latest}, which does not exist; put the root back from a copy or an earlier version of the bucket`,
      {
        reason: reason("repository.rootsLost", { url, generation: latest }),
      },
    );
  return new AppError(
    "absent",
    `${url} has no root (index-N), so there is nothing to copy yet; check its place, or wait for its first snapshot`,
    {
      reason: reason("copy.noRoot", { source: url }),
    },
  );
}
