import type { AdoptRule } from "../model/config.ts";
import { type Reason, reason } from "../model/reason.ts";
import { ownValue } from "../model/tables/ownValue.ts";
import { parseDuration } from "../repository/duration.ts";
import { matchesEverything, matchesOwnNames } from "./retention/adoption.ts";

/** A policy as it is written in ossnap.yaml. */
export interface ImportedPolicy {
  repository: string;
  indices: string[];
  globalState?: true;
  partial?: true;
  schedule: { cron: string; timeZone: string };
  keep: { last?: number; within?: string };
  adopt?: AdoptRule;
  prune?: { cron: string };
}

export interface Imported {
  backups: Record<string, ImportedPolicy>;
  /** What has no equivalent, or another one than it seems, by action. */
  notes: Reason[];
}

export interface CuratorFilter {
  filtertype: string;
  [member: string]: unknown;
}

export interface CuratorAction {
  /** Its number in the file. */
  id: string;
  action: string;
  options: Record<string, unknown>;
  filters: CuratorFilter[];
}

/** When Curator's own timer is not in the file: cron ran it. */
const SCHEDULE = { cron: "0 30 1 * * *", timeZone: "UTC" };
const PRUNE_CRON = "0 30 2 * * *";
/** Curator's default, which strftime completes. */
const DEFAULT_NAME = "curator-%Y%m%d%H%M%S";
/** Curator counts a month as 30 days and a year as 365. */
const UNIT: Readonly<Record<string, [count: number, unit: string]>> = {
  seconds: [1, "s"],
  minutes: [1, "m"],
  hours: [1, "h"],
  days: [1, "d"],
  weeks: [7, "d"],
  months: [30, "d"],
  years: [365, "d"],
};
/** As Curator writes a variable of its environment: `${NAME}` or `${NAME:default}`. */
const VARIABLE = /\$\{[^}]*\}/g;
const NEVER_DELETED = "3650d";

/**
 * Converts the snapshot and delete_snapshots actions of a Curator 4 or 5 action file to policies. Curator deletes a snapshot if every filter
 * matches, so it is kept if one of the rules here keeps it.
 */
export function importCurator(steps: readonly CuratorAction[]): Imported {
  const notes: Reason[] = [];
  const used = steps.filter((step) => isUsed(step, notes));
  const repositories = [...new Set(used.map(({ options }) => String(options.repository ?? "")))].filter((name) => name !== "");
  const backups: Imported["backups"] = {};
  for (const repository of repositories) {
    const own = used.filter(({ options }) => options.repository === repository);
    backups[`imported-${Object.keys(backups).length + 1}`] = policyOf(repository, own, notes);
  }
  if (repositories.length === 0) notes.push(reason("import.nothing"));
  noteTogether(backups, notes);
  return { backups, notes };
}

/** What only the policies together show: values that Curator took from its environment, and times that were guessed alike. */
function noteTogether(backups: Imported["backups"], notes: Reason[]): void {
  const texts = Object.values(backups).flatMap(({ repository, indices, adopt }) => [repository, ...indices, adopt?.pattern ?? ""]);
  for (const value of new Set(texts.flatMap((text) => text.match(VARIABLE) ?? []))) notes.push(reason("import.variable", { value }));
  const policies = Object.keys(backups);
  if (policies.length > 1) notes.push(reason("import.sameTime", { policies, cron: SCHEDULE.cron, prune: PRUNE_CRON }));
}

function isUsed({ id, action: kind, options }: CuratorAction, notes: Reason[]): boolean {
  if (kind !== "snapshot" && kind !== "delete_snapshots") notes.push(reason("import.action", { id, action: kind }));
  else if (isTrue(options.disable_action)) notes.push(reason("import.disabled", { id, action: kind }));
  else if (typeof options.repository !== "string") notes.push(reason("import.noRepository", { id, action: kind }));
  else return true;
  return false;
}

/** YAML writes True, and a quoted one is a text. */
function isTrue(value: unknown): boolean {
  return value === true || String(value).toLowerCase() === "true";
}

function policyOf(repository: string, steps: readonly CuratorAction[], notes: Reason[]): ImportedPolicy {
  const takes = steps.find(({ action: kind }) => kind === "snapshot");
  const deletes = steps.filter(({ action: kind }) => kind === "delete_snapshots");
  for (const step of steps)
    if (step.action === "snapshot" && step !== takes) notes.push(reason("import.second", { id: step.id, repository }));
  if (!takes) notes.push(reason("import.onlyDeletes", { repository }));
  notes.push(reason("import.schedule", { repository, cron: SCHEDULE.cron }));
  const contents = takes && contentsOf(takes, notes);
  const rules = deletes.flatMap((step) => {
    const keep = keepOf(step, notes);
    return keep === undefined ? [] : [{ step, keep }];
  });
  if (rules.length > 1) notes.push(reason("import.secondDelete", { repository }));
  const [{ step, keep } = { step: undefined, keep: undefined }] = rules;
  const adopt = step && adoptOf(takes, step, notes);
  return {
    repository,
    indices: takes ? indicesOf(takes, notes) : ["*"],
    ...contents,
    schedule: SCHEDULE,
    keep: keep ?? { within: NEVER_DELETED },
    ...(adopt ? { adopt } : {}),
    ...(keep ? { prune: { cron: PRUNE_CRON } } : {}),
  };
}

/** What its snapshots contain beside the indices. An option without a value has its default. */
function contentsOf({ id, options }: CuratorAction, notes: Reason[]): Pick<ImportedPolicy, "globalState" | "partial"> {
  const { name, include_global_state: globalState, partial } = options;
  notes.push(reason("import.name", { id, name: String(name ?? DEFAULT_NAME) }));
  const isGlobal = globalState === undefined || globalState === null || isTrue(globalState);
  if (isGlobal) notes.push(reason("import.globalState", { id }));
  if (isTrue(partial)) notes.push(reason("import.partial", { id }));
  return { ...(isGlobal && { globalState: true as const }), ...(isTrue(partial) && { partial: true as const }) };
}

/** Names of indices and snapshots are in lower case; those of variables are not. */
function lowerCase(text: string): string {
  return text.replace(/(\$\{[^}]*\})|[^$]+/g, (part, variable?: string) => variable ?? part.toLowerCase());
}

interface NamePart {
  excluded: boolean;
  start: string;
  end: string;
}

/** `undefined` for a filter that chooses indices by anything else than a prefix or a suffix of the name. */
function namePartOf({ filtertype, kind, value, exclude }: CuratorFilter): NamePart | undefined {
  if (filtertype !== "pattern" || typeof value !== "string") return undefined;
  const excluded = isTrue(exclude);
  if (kind === "prefix") return { excluded, start: value, end: "" };
  return kind === "suffix" ? { excluded, start: "", end: value } : undefined;
}

/** Curator's pattern filters must all match; a prefix and a suffix are one pattern here. */
function indicesOf({ id, filters }: CuratorAction, notes: Reason[]): string[] {
  const used = filters.filter(({ filtertype }) => filtertype !== "none");
  for (const { filtertype, kind } of used.filter((one) => !namePartOf(one)))
    notes.push(reason("import.indices", { id, filter: kind ? `${filtertype} ${kind}` : filtertype }));
  const found = used.flatMap((one) => namePartOf(one) ?? []);
  const wanted = found.filter(({ excluded }) => !excluded);
  const [starts, ends] = [wanted.filter(({ start }) => start !== ""), wanted.filter(({ end }) => end !== "")];
  if (starts.length > 1 || ends.length > 1) notes.push(reason("import.twoPatterns", { id }));
  const pattern = ({ start, end }: Pick<NamePart, "start" | "end">) => lowerCase(`${start}*${end}`);
  const all = pattern({ start: starts[0]?.start ?? "", end: ends[0]?.end ?? "" });
  return [all, ...found.flatMap((one) => (one.excluded ? [`-${pattern(one)}`] : []))];
}

/**
 * `undefined` if what the action deletes has no equivalent; then nothing is deleted. Curator narrows the list of what it deletes filter by filter,
 * so rules without one of its filters would keep less than Curator does.
 */
function keepOf({ id, filters }: CuratorAction, notes: Reason[]): ImportedPolicy["keep"] | undefined {
  const keep: ImportedPolicy["keep"] = {};
  const told = (why: Reason) => notes.push({ ...why, params: { id, ...why.params } });
  let isFaulty = filters.filter(isName).length > 1;
  if (isFaulty) told(reason("import.severalNames"));
  for (const one of filters) {
    const fault = addRule(keep, one);
    if (fault) told(fault);
    if (fault) isFaulty = true;
    else if (one.filtertype === "state") told(reason("import.state", { state: "SUCCESS" }));
    else if (one.filtertype === "age") told(reason("import.within", { within: String(durationOf(one)) }));
  }
  if (isFaulty) return undefined;
  if (keep.last !== undefined || keep.within !== undefined) return keep;
  told(reason("import.deletesAll"));
  return undefined;
}

function isName({ filtertype }: CuratorFilter): boolean {
  return filtertype === "pattern";
}

/** Adds what a filter spares to the rules; returns why it cannot. */
function addRule(keep: ImportedPolicy["keep"], one: CuratorFilter): Reason | undefined {
  const { filtertype, exclude } = one;
  if (filtertype === "none") return undefined;
  if (filtertype === "count") return addCount(keep, one);
  if (isTrue(exclude)) return reason("import.excludes", { filter: filtertype, value: String(one.value ?? one.state ?? "") });
  if (isName(one)) return one.kind === "prefix" ? undefined : reason("import.snapshotPattern", { kind: String(one.kind ?? "") });
  if (filtertype === "state" && String(one.state ?? "SUCCESS").toUpperCase() === "SUCCESS") return undefined;
  if (filtertype === "age" && one.direction === "older") return addAge(keep, one);
  return reason("import.filter", { filter: filtertype });
}

/** Two ages must both be passed, so the longer one counts. */
function addAge(keep: ImportedPolicy["keep"], one: CuratorFilter): Reason | undefined {
  const within = durationOf(one);
  // Counted from a fixed time, or read from the name.
  const isElse = [one.epoch, one.unit_count_pattern].some((member) => member !== undefined && member !== null);
  if (within === undefined || isElse) return reason("import.age");
  if ((parseDuration(within) ?? 0) > (parseDuration(keep.within ?? "") ?? 0)) keep.within = within;
  return undefined;
}

/** Of what the filters before it left: after an age, the newest of the older ones, which no rule here says. Excluding is its default. */
function addCount(keep: ImportedPolicy["keep"], { exclude, count, reverse, pattern }: CuratorFilter): Reason | undefined {
  const isCount = typeof count === "number" && Number.isInteger(count) && count > 0;
  // With a pattern it counts each group of names by itself.
  const isElse = isFalse(exclude) || isFalse(reverse) || (pattern !== undefined && pattern !== null);
  if (!isCount || isElse) return reason("import.filter", { filter: "count" });
  if (keep.within !== undefined) return reason("import.countAfterAge", { within: keep.within, count });
  // A second count spares the newest of what the first one left.
  keep.last = (keep.last ?? 0) + count;
  return undefined;
}

/** `reverse: False` keeps the oldest. */
function isFalse(value: unknown): boolean {
  return value !== undefined && value !== null && !isTrue(value);
}

function durationOf({ unit, unit_count: count }: CuratorFilter): string | undefined {
  const [factor, letter] = ownValue(UNIT, String(unit)) ?? [];
  const isCount = typeof count === "number" && Number.isInteger(count) && count > 0;
  return factor === undefined || !isCount ? undefined : `${count * factor}${letter}`;
}

/** Which snapshots Curator's rule was about: those that the deletion's prefix names, or those that it named. */
function adoptOf(takes: CuratorAction | undefined, { filters }: CuratorAction, notes: Reason[]): AdoptRule | undefined {
  const prefix = filters.find(isName);
  const name =
    typeof prefix?.value === "string"
      ? `${prefix.value}*`
      : String(takes?.options.name ?? DEFAULT_NAME).replace(/(%[a-zA-Z][-._]?)+/g, "*");
  const pattern = lowerCase(name);
  if (!matchesEverything(pattern) && !matchesOwnNames(pattern, "imported-1") && /^[^\s\\/?"<>|,#%]+$/.test(pattern)) return { pattern };
  notes.push(reason("import.adopt", { pattern }));
  return undefined;
}
