import type { DecodeBudget } from "../model/memory/decodeBudget.ts";
import { decodeContainer } from "./encoding/container.ts";
import type { Wanted } from "./encoding/smileSkip.ts";
import { asFields, asText, asTexts, optional } from "./fields.ts";
import { FILES_FIELDS, readFiles, type ShardFile } from "./shardSnapshot.ts";

/** All snapshots of a shard: `indices/<id>/<shard>/index-<generation>`. Restores do not read it; Elasticsearch reads it before writing. */
export interface ShardCatalogue {
  files: ShardFile[];
  /** Keyed by snapshot *name*, as Elasticsearch writes it. */
  snapshots: { name: string; files: string[]; stateId: string | undefined }[];
}

const CATALOGUE_FIELDS: Wanted = {
  fields: { files: FILES_FIELDS, snapshots: { each: { fields: { files: true, shard_state_id: true } } } },
};

/**
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`.
 */
export function decodeShardCatalogue(bytes: Uint8Array, subject: string, budget?: DecodeBudget): ShardCatalogue {
  const fields = asFields(decodeContainer(bytes, "snapshots", subject, { budget, wanted: CATALOGUE_FIELDS }), subject);
  const snapshots = Object.entries(asFields(fields.snapshots, `${subject}: snapshots`)).map(([name, entry]) => {
    const where = `${subject}: snapshots.${name}`;
    const snapshot = asFields(entry, where);
    return { name, files: asTexts(snapshot.files, where), stateId: optional(snapshot.shard_state_id, where, asText) };
  });
  return { files: readFiles(fields.files, subject), snapshots };
}
