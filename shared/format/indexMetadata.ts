import { decodeContainer } from "./encoding/container.ts";
import { asFields, asList, asText, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { versionName } from "./version.ts";

/** Elasticsearch itself allows 1024; a wrong count must not make us look for millions of shards. */
const SHARDS_MAX = 100_000;

/** What an index's metadata blob says; the names are Elasticsearch's settings. */
export interface IndexMetadata {
  name: string;
  shards: number;
  replicas: number;
  /** `5.5.2` */
  createdVersion: string;
  mappingTypes: string[];
  aliases: string[];
  /** Flat, with the leading `index.`; lists as JSON. */
  settings: Record<string, string>;
}

/**
 * `indices/<id>/meta-<blob id>.dat`. The shard count stands in the settings and nowhere else up to 7.10.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`.
 */
export function decodeIndexMetadata(bytes: Uint8Array, subject: string): IndexMetadata {
  const indices = Object.entries(asFields(decodeContainer(bytes, "index-metadata", subject), subject));
  const [only] = indices;
  if (only === undefined || indices.length > 1) throw invalidBytes(subject, `one index expected, ${indices.length} found`);
  const [name, entry] = only;
  const fields = asFields(entry, `${subject}: ${name}`);
  const settings = readSettings(fields, subject);
  return {
    name,
    shards: readNumber(settings, "index.number_of_shards", subject, SHARDS_MAX),
    replicas: readNumber({ "index.number_of_replicas": "0", ...settings }, "index.number_of_replicas", subject, SHARDS_MAX),
    createdVersion: versionName(readNumber(settings, "index.version.created", subject, Number.MAX_SAFE_INTEGER)),
    mappingTypes: readMappingTypes(fields, subject),
    aliases: Object.keys(optional(fields.aliases, `${subject}: aliases`, asFields) ?? {}),
    settings,
  };
}

function readSettings(fields: Fields, subject: string): Record<string, string> {
  const settings: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(asFields(fields.settings, `${subject}: settings`))) {
    if (value !== null) settings[name] = typeof value === "string" ? value : JSON.stringify(value, withoutBigInts);
  }
  return settings;
}

/** JSON has no name for a bigint and would throw. */
function withoutBigInts(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function readNumber(settings: Record<string, string>, name: string, subject: string, max: number): number {
  const text = asText(settings[name], `${subject}: ${name}`);
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > max) throw invalidBytes(`${subject}: ${name}`, `"${text}" is no number up to ${max}`);
  return number;
}

/** 2.x and 5.x may have several; from 6.x on one, from 7.x on `_doc`. */
function readMappingTypes(fields: Fields, subject: string): string[] {
  const mappings = asList(fields.mappings ?? [], `${subject}: mappings`);
  return mappings.flatMap((mapping) => Object.keys(asFields(mapping, `${subject}: mappings`)));
}
