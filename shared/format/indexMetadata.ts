import type { DecodeBudget } from "../model/memory/decodeBudget.ts";
import { cutText } from "../model/memory/texts.ts";
import { decodeContainer } from "./encoding/container.ts";
import { jsonBudget } from "./encoding/jsonBudget.ts";
import type { Wanted } from "./encoding/smileSkip.ts";
import { asFields, asList, asText, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { versionName } from "./version.ts";

/** Elasticsearch itself allows 1024; the limit stops a wrong count from triggering look-ups of millions of shards. */
const SHARDS_MAX = 100_000;

const INDEX_FIELDS: Wanted = { each: { fields: { settings: true, mappings: true, aliases: { each: {} } } } };

/** The contents of an index's metadata blob; names are those of Elasticsearch's settings. */
export interface IndexMetadata {
  name: string;
  shards: number;
  replicas: number;
  /** `5.5.2` */
  createdVersion: string;
  mappingTypes: string[];
  /** Analyzers and normalizers that the mappings name; absent if there are none. */
  analyzers?: string[];
  /** Types of the fields in its mappings (the first 200, with at most 100 characters), and metadata fields of a plugin; absent if there are none. */
  fieldTypes?: string[];
  aliases: string[];
  /** Flat, with the leading `index.`; lists as JSON. */
  settings: Record<string, string>;
}

/**
 * `indices/<id>/meta-<blob id>.dat`. Up to 7.10 the shard count is stored only in the settings.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`.
 */
export function decodeIndexMetadata(bytes: Uint8Array, subject: string, budget?: DecodeBudget): IndexMetadata {
  const indices = Object.entries(asFields(decodeContainer(bytes, "index-metadata", subject, { budget, wanted: INDEX_FIELDS }), subject));
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
    ...readAnalyzers(fields),
    ...readFieldTypes(fields),
    aliases: Object.keys(optional(fields.aliases, `${subject}: aliases`, asFields) ?? {}),
    settings,
  };
}

/** Whether the index was mounted as searchable, so that its own snapshots hold no data: its file lists have no files (measured on 7.17.9). */
export function isMounted({ settings }: Pick<IndexMetadata, "settings">): boolean {
  return settings["index.store.type"] === "snapshot";
}

/** Of the settings that are no texts, as JSON; lists of synonyms of several megabytes occur. */
const SETTINGS_TEXT_MAX = 16 * 1024 * 1024;

function readSettings(fields: Fields, subject: string): Record<string, string> {
  const settings: Record<string, string> = Object.create(null);
  const where = `${subject}: settings`;
  const admit = jsonBudget(SETTINGS_TEXT_MAX, where);
  for (const [name, value] of Object.entries(asFields(fields.settings, where))) {
    if (typeof value !== "string") admit(value);
    if (value !== null) settings[name] = typeof value === "string" ? value : JSON.stringify(value, withoutBigInts);
  }
  return settings;
}

/** JSON cannot represent a bigint; JSON.stringify would throw. */
function withoutBigInts(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function readNumber(settings: Record<string, string>, name: string, subject: string, max: number): number {
  const text = asText(settings[name], `${subject}: ${name}`);
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > max) throw invalidBytes(`${subject}: ${name}`, `"${text}" is no number up to ${max}`);
  return number;
}

/** 2.x and 5.x may have several types; from 6.x on there is one, from 7.x on it is `_doc`. */
function readMappingTypes(fields: Fields, subject: string): string[] {
  const mappings = asList(fields.mappings ?? [], `${subject}: mappings`);
  return mappings.flatMap((mapping) => Object.keys(asFields(mapping, `${subject}: mappings`)));
}

const ANALYZER_KEYS: readonly string[] = ["analyzer", "index_analyzer", "search_analyzer", "search_quote_analyzer", "normalizer"];

/** A field may itself be named `analyzer`; its value is then an object. `_meta` is the user's own. */
function readAnalyzers({ mappings }: Fields): Pick<IndexMetadata, "analyzers"> {
  const found = new Set<string>();
  const open: unknown[] = [mappings];
  for (const node of open) {
    if (typeof node !== "object" || node === null || node instanceof Uint8Array) continue;
    for (const [key, value] of Object.entries(node)) {
      if (typeof value === "string" && ANALYZER_KEYS.includes(key)) found.add(value);
      else if (key !== "_meta") open.push(value);
    }
  }
  return found.size === 0 ? {} : { analyzers: [...found].sort() };
}

/** Elasticsearch and its plugins have some sixty; a mapping with more types, or with longer names, is of no cluster and needs no more to be refused. */
const FIELD_TYPES_MAX = 200;
const FIELD_TYPE_LENGTH_MAX = 100;

/** Below these names a mapping lists fields, whose own names are free: a field may be named `type` or `properties`. */
const FIELD_LISTS: readonly string[] = ["properties", "fields"];

function readFieldTypes({ mappings }: Fields): Pick<IndexMetadata, "fieldTypes"> {
  const types = asList(mappings ?? [], "mappings").flatMap((mapping) => Object.values(asFields(mapping, "mappings")));
  const found = new Set(types.some((type) => isEnabled(type, "_size")) ? ["_size"] : []);
  const open: unknown[] = types;
  for (const node of open) {
    const fields = fieldsOf(node);
    for (const { type } of fields)
      if (typeof type === "string" && found.size < FIELD_TYPES_MAX) found.add(cutText(type, FIELD_TYPE_LENGTH_MAX));
    for (const field of fields) open.push(field);
  }
  return found.size === 0 ? {} : { fieldTypes: [...found].sort() };
}

function fieldsOf(node: unknown): Record<string, unknown>[] {
  if (!isObject(node)) return [];
  return FIELD_LISTS.flatMap((list) => (isObject(node[list]) ? Object.values(node[list]) : [])).filter(isObject);
}

function isEnabled(mapping: unknown, metadataField: string): boolean {
  const field = isObject(mapping) ? mapping[metadataField] : undefined;
  return isObject(field) && (field.enabled === true || field.enabled === "true");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
