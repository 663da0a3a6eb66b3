const PLAIN = /^[A-Za-z0-9\-._~]*$/;
const PLAIN_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** RFC 3986: everything but unreserved characters is escaped. `encodeURIComponent` leaves five more as they are. */
export function encoded(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The same for each segment of a path. */
export function encodedPath(path: string): string {
  return PLAIN_PATH.test(path) ? path : path.split("/").map(encoded).join("/");
}

/** Names and values of a query, as they are: `["uploads", ""]`. */
export type Query = readonly (readonly [name: string, value: string])[];

/** Both signatures order a query by its encoded names. */
export function sortedQuery(query: Query): [string, string][] {
  const pairs = query.map(([name, value]): [string, string] => [encoded(name), encoded(value)]);
  return pairs.length < 2 ? pairs : pairs.sort(([one, first], [other, second]) => order(one, other) || order(first, second));
}

function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
