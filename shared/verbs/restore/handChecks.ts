import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { type PreflightCheck, refuse, warn } from "../../plan/preflightTypes.ts";
import { INDICES_DEFAULT, selectNames, unmatched } from "../../plan/selection.ts";
import { tooFarUntil } from "../../plan/snapshotOrder.ts";
import { isUnproven } from "../../reader/brokenSnapshots.ts";
import { rootFacts } from "../../reader/rootFacts.ts";
import { LATEST, namedSnapshot, newestGoodFirst } from "../../reader/rootSnapshots.ts";
import type { Renames } from "./renames.ts";

const NAMES_SHOWN = 10;

export interface ChosenByHand {
  snapshot: RootSnapshot;
  /** What only a person needs to be told: a watch takes patterns that match nothing yet. */
  checks: PreflightCheck[];
}

/**
 * The snapshot that a person means. `latest` is the newest good one that holds every index and pattern named: the newest one may have been
 * taken after an index left the cluster; one that a proof found broken, or that may share damage, by uuid in `broken`, is passed over.
 */
export function chosenByHand(
  root: RootCatalogue,
  dated: readonly RootSnapshot[],
  {
    snapshot: wanted,
    repository,
    indices,
    as,
  }: { snapshot: string; repository: string; indices: readonly string[]; as?: Renames | undefined },
  { now, broken }: { now: Date | undefined; broken: ReadonlyMap<string, Reason> },
): ChosenByHand {
  const named = namedSnapshot(root, dated, wanted, now);
  const newest = wanted === LATEST ? newestGoodFirst(dated, now) : [];
  const fitting = newest[0] === named ? newest.filter(({ uuid }) => holdsAll(indices, rootFacts(root).held(uuid))) : [];
  const [first = named] = fitting;
  // If all are broken, the newest one is proven again, and the preflight says what is wrong with it.
  const snapshot = fitting.find(({ uuid }) => !broken.has(uuid)) ?? fitting.find(({ uuid }) => isUnproven(broken.get(uuid))) ?? first;
  const doubt = broken.get(snapshot.uuid);
  const held = rootFacts(root).held(snapshot.uuid);
  return {
    snapshot,
    checks: [
      ...aheadChecks(snapshot, now),
      ...olderChecks(first, named, indices),
      ...brokenChecks(snapshot, first, { because: broken.get(first.uuid), repository }),
      ...(doubt && isUnproven(doubt) ? [warn("selection", doubt)] : []),
      ...patternChecks(indices, held),
      ...renameChecks(as, indices, held),
    ],
  };
}

/** A watch waits for such a time or reports it; a person is told what the alias and later restores will compare with. */
function aheadChecks({ name, startTime }: RootSnapshot, now: Date | undefined): PreflightCheck[] {
  if (now === undefined || startTime === undefined || tooFarUntil(now, startTime) === undefined) return [];
  return [warn("selection", reason("snapshot.ahead", { snapshot: name, time: startTime.toISOString() }))];
}

function olderChecks(snapshot: RootSnapshot, named: RootSnapshot, indices: readonly string[]): PreflightCheck[] {
  if (snapshot === named) return [];
  const params = { snapshot: snapshot.name, newest: named.name, indices: indices.slice(0, NAMES_SHOWN) };
  return [warn("selection", reason("snapshot.newestLacks", params))];
}

function brokenChecks(
  snapshot: RootSnapshot,
  first: RootSnapshot,
  { because, repository }: { because: Reason | undefined; repository: string },
): PreflightCheck[] {
  if (snapshot === first || because === undefined) return [];
  const params = { snapshot: snapshot.name, newest: first.name, repository };
  return [warn("selection", because), warn("selection", reason("snapshot.newestBroken", params))];
}

/** A root of 2.x does not say which indices a snapshot holds. */
function holdsAll(patterns: readonly string[], held: readonly string[]): boolean {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("-"));
  return !("fault" in selectNames(patterns, held)) && unmatched(wanted, held).length === 0;
}

/** Where nothing at all is selected, the preflight itself refuses. */
function patternChecks(patterns: readonly string[], held: readonly string[]): PreflightCheck[] {
  if ("fault" in selectNames(patterns, held) || patterns.join() === INDICES_DEFAULT) return [];
  return unmatched(patterns, held).map((pattern) => {
    if (pattern.startsWith("-")) return warn("selection", reason("selection.excludesNothing", { pattern }));
    const fix = reason("wayOut.indices", { held: held.slice(0, NAMES_SHOWN) });
    return refuse("selection", reason("selection.unmatched", { pattern }), fix);
  });
}

/** Whoever mistypes an index would get it under another name than asked for. */
function renameChecks(as: Renames | undefined, patterns: readonly string[], held: readonly string[]): PreflightCheck[] {
  const selection = selectNames(patterns, held);
  if ("fault" in selection) return [];
  return unmatched(Object.keys(as ?? {}), selection.indices).map((pattern) =>
    refuse("name", reason("name.renamesNothing", { pattern }), reason("wayOut.indices", { held: selection.indices.slice(0, NAMES_SHOWN) })),
  );
}
