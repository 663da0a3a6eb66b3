/**
 * An alias through which one job closes one index, and which it removes before it restores over it. A request to close an index by its name may arrive
 * when the restored index serves already; through an alias that is gone it closes nothing. Every request to add one adds another name, so that a late
 * one does not bring back a name through which a request to close may still arrive.
 */
export function closingAlias(job: string, seq: number): string {
  return `${prefixOf(job)}${seq}`;
}

/** Those of the job among an index's aliases. */
export function closingAliasesOf(job: string, aliases: readonly string[]): string[] {
  return aliases.filter((alias) => alias.startsWith(prefixOf(job)) && /^\d+$/.test(alias.slice(prefixOf(job).length)));
}

function prefixOf(job: string): string {
  return `ossnap-closes-${job}-`;
}
