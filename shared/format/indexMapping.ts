import type { Mapping } from "../model/mappings/mappingHash.ts";
import type { DecodeBudget } from "../model/memory/decodeBudget.ts";
import { decodeContainer } from "./encoding/container.ts";
import type { Wanted } from "./encoding/smileSkip.ts";
import { asFields, asList } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";

const MAPPING_FIELDS: Wanted = { each: { fields: { mappings: true } } };

/**
 * The mapping in `indices/<id>/meta-<blob id>.dat`, by type.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`.
 */
export function decodeIndexMapping(bytes: Uint8Array, subject: string, budget?: DecodeBudget): Mapping {
  const indices = Object.values(asFields(decodeContainer(bytes, "index-metadata", subject, { budget, wanted: MAPPING_FIELDS }), subject));
  if (indices.length !== 1) throw invalidBytes(subject, `one index expected, ${indices.length} found`);
  const { mappings = [] } = asFields(indices[0], subject);
  const where = `${subject}: mappings`;
  return Object.fromEntries(asList(mappings, where).flatMap((mapping) => Object.entries(asFields(mapping, where))));
}
