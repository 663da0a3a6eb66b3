/**
 * Whether a pattern with `*` matches a text whose characters are given as sets of possible ones: a name is one set per character. Linear in
 * pattern times text, so that no pattern of a configuration can stall a function.
 */
export function matchesSets(pattern: string, sets: readonly string[]): boolean {
  let reached = new Set([0]);
  for (const char of pattern) {
    const next = new Set<number>();
    if (char === "*") for (let at = Math.min(...reached); at <= sets.length; at += 1) next.add(at);
    else for (const at of reached) if (sets[at]?.includes(char)) next.add(at + 1);
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(sets.length);
}

/** Whether a pattern matches a whole name; `*` is its only wildcard. */
export function matchesPattern(pattern: string, name: string): boolean {
  return matchesSets(pattern, [...name]);
}
