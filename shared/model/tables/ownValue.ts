/** A table's value under a text from outside: `constructor`, which every object inherits, is not in it. */
export function ownValue<V>(table: Readonly<Record<string, V>> | Readonly<Partial<Record<string, V>>>, key: string): V | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
