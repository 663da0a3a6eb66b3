import { randomUUID } from "node:crypto";
import type { Serializer } from "@elastic/transport";
import { BoundedSerializer } from "./boundedSerializer.ts";

/** Unguessable, so that no string of a document can pass for a number. */
const MARK = `number-${randomUUID()}:`;
/** A string is matched as a whole, so that digits in it are not taken for a number. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARKED = new RegExp(`"${MARK}(-?[\\d.eE+-]+)"`, "g");

/**
 * JSON whose numbers stay as they were written. A number of JavaScript turns 1234567890123456789 into 1234567890123456800 and 1.0 into 1;
 * a filter that is read and written back would then match other documents. Numbers are opaque strings until they are serialized again.
 */
export class ExactSerializer extends BoundedSerializer {
  override deserialize<T>(json: string): T {
    return super.deserialize(json.replace(TOKENS, (token) => (token.startsWith('"') ? token : `"${MARK}${token}"`)));
  }

  override serialize(value: Parameters<Serializer["serialize"]>[0]): string {
    return super.serialize(value).replace(MARKED, "$1");
  }
}

/** JSON with its members sorted, so that equal values have equal texts. */
export function exactText(value: unknown): string {
  return JSON.stringify(value, sortMembers).replace(MARKED, "$1");
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
