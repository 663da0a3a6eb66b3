import { type JsonSlice, jsonSlices } from "./encoding/jsonSlices.ts";
import { asFields, type Fields } from "./fields.ts";

/** The root's members. All are parsed except the indices, which may list snapshots millions of times. */
export interface RootMembers {
  fields: Fields;
  /** In file order; the last entry of a name wins. */
  indices: Iterable<[name: string, entry: unknown]>;
  /** Returns one shared copy of a text that occurs many times in the root. */
  shared(text: string): string;
}

/** @throws AppError `invalid` for anything but a JSON object. */
export function rootMembers(key: string, bytes: Uint8Array): RootMembers {
  const json = jsonSlices(bytes, key);
  const texts = new Map<string, string>();
  const shared = (text: string): string => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };
  if (!json.isObject(json.whole)) asFields(json.parse(json.whole), key);
  const fields: Fields = Object.create(null);
  let indices: JsonSlice | undefined;
  for (const [name, value] of json.members(json.whole)) {
    if (name === "indices") indices = value;
    else fields[name] = name === "snapshots" && json.isList(value) ? Array.from(json.elements(value), json.parse) : json.parse(value);
  }
  return { fields, indices: readIndices(), shared };

  function readIndices(): Iterable<[string, unknown]> {
    if (indices === undefined) return [];
    if (!json.isObject(indices)) {
      const value = json.parse(indices);
      return value === null ? [] : Object.entries(asFields(value, `${key}: indices`));
    }
    const last = new Map(json.members(indices));
    return parsed(last);
  }

  function* parsed(slices: ReadonlyMap<string, JsonSlice>): Generator<[string, unknown], void, undefined> {
    for (const [name, slice] of slices) yield [name, json.parse(slice)];
  }
}
