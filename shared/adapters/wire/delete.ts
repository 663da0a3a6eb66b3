import { createHash } from "node:crypto";
import { AppError } from "../../model/errors.ts";
import { textOf } from "../blobs/xmlText.ts";
import type { WirePlace } from "./place.ts";

/** DeleteObjects of both stores takes at most 1000 keys. */
const DELETE_KEYS_MAX = 1000;

/** Deletes the keys. Throws an error that names every key the store did not confirm. */
export async function deleteKeys(place: WirePlace, keys: readonly string[]): Promise<void> {
  const fullKeys = keys.map(place.base.full);
  for (let start = 0; start < fullKeys.length; start += DELETE_KEYS_MAX)
    await deleteBatch(place, fullKeys.slice(start, start + DELETE_KEYS_MAX));
}

async function deleteBatch(place: WirePlace, fullKeys: readonly string[]): Promise<void> {
  const objects = fullKeys.map((key) => `<Object><Key>${escaped(key)}</Key></Object>`);
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>false</Quiet>${objects.join("")}</Delete>`);
  const headers = { "content-type": "application/xml", "content-md5": createHash("md5").update(body).digest("base64") };
  const call = { method: "POST", key: "", query: [["delete", ""]], headers, body } as const;
  const { text } = await place.askText("DeleteObject", place.subject("", "delete"), call);
  const confirmed = new Set(blocks(text, "Deleted").map((block) => textOf(block, "Key")));
  const left = fullKeys.filter((key) => !confirmed.has(key));
  if (left.length === 0) return;
  const codes = new Map(blocks(text, "Error").map((block) => [textOf(block, "Key"), textOf(block, "Code")]));
  const isDenied = [...codes.values()].includes("AccessDenied");
  const named = left.map((key) => `${key} (${codes.get(key) ?? "not confirmed"})`);
  throw new AppError(
    isDenied ? "denied" : "transient",
    `${place.url}: delete: ${left.length} of ${fullKeys.length} keys remain: ${named.join(", ")}`,
  );
}

function blocks(xml: string, tag: string): string[] {
  return [...xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "gs"))].map(([, inside = ""]) => inside);
}

/** Also what a parser would read as another character: a line break of an attribute or a text. */
function escaped(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
