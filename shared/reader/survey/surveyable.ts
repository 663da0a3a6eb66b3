import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import type { RootCatalogue } from "../../model/repository.ts";

/** A cluster of a thousand nodes has fewer. The key of each catalogue is kept until the listing has passed it. */
const SHARDS_MAX = 400_000;

/** @throws AppError `permanent` for more shards than fit into memory: nothing is known to be wrong with the repository. */
export function requireSurveyable({ url }: BlobStore, root: RootCatalogue): RootCatalogue {
  const { key, indices } = root;
  const shards = indices.reduce((sum, { shardGenerations = [] }) => sum + shardGenerations.length, 0);
  if (shards <= SHARDS_MAX) return root;
  throw new AppError("permanent", `${url}/${key}: not surveyed, because it names ${shards} shards, more than ${SHARDS_MAX}`, {
    reason: reason("survey.tooManyShards", { root: `${url}/${key}`, shards, most: SHARDS_MAX }),
  });
}
