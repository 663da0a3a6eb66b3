import { minutesOfDay } from "../../../repository/interval.ts";
import { clusterIdOf } from "../clusters.ts";
import { cronProblem } from "../cron.ts";
import { asSection, asText, at, type Finding, finding } from "../tree.ts";

/** A backup takes one or two ticks, of a minute each, however small it is, and prunes and restores share its cluster's lane. */
const MINUTES_EACH = 5;
/** The default patience of a slot: a queue that is longer makes slots fail, and a shorter burst is worked off. */
const HOURS_EXAMINED = 4;
const MINUTES_OF_A_DAY = 24 * 60;

interface Entry {
  name: string;
  cluster: string;
  minutes: number[];
}

/** Schedules that promise more snapshots of one cluster than it takes; days and time zones are not told apart. */
export function densityWarnings(tree: unknown): Finding[] {
  const byCluster = new Map<string, Entry[]>();
  for (const name of Object.keys(asSection(at(tree, ["backups"])))) {
    const cron = asText(at(tree, ["backups", name, "schedule", "cron"]));
    const repository = asText(at(tree, ["backups", name, "repository"])) ?? "";
    const cluster = asText(at(tree, ["repositories", repository, "cluster"]));
    const id = clusterIdOf(tree, cluster);
    if (cron === undefined || cluster === undefined || id === undefined || cronProblem(cron) !== undefined) continue;
    byCluster.set(id, [...(byCluster.get(id) ?? []), { name, cluster, minutes: minutesOfDay(cron) }]);
  }
  return [...byCluster.values()].flatMap(clusterFinding);
}

function clusterFinding(entries: readonly Entry[]): Finding[] {
  const [busiest, ...others] = [...entries].sort((one, other) => other.minutes.length - one.minutes.length);
  const snapshots = mostWithin(entries.flatMap(({ minutes }) => minutes));
  if (busiest === undefined || snapshots <= (HOURS_EXAMINED * 60) / MINUTES_EACH) return [];
  const who = others.length === 0 ? "" : "with the other policies ";
  const wrong = `${who}promises ${snapshots} snapshots of cluster ${busiest.cluster} in ${HOURS_EXAMINED} h, more than one per ${MINUTES_EACH} minutes, so slots and prunes will wait and be missed`;
  const path = ["backups", busiest.name, "schedule", "cron"];
  return [finding(path, "tooDense", wrong, "space the slots out, or take more indices by fewer policies")];
}

/** The most of these minutes of a day that lie within the hours examined, also past midnight. */
function mostWithin(minutes: readonly number[]): number {
  const sorted = [...minutes].sort((one, other) => one - other);
  const twice = [...sorted, ...sorted.map((minute) => minute + MINUTES_OF_A_DAY)];
  let [first, most] = [0, 0];
  for (const [index, minute] of twice.entries()) {
    while (minute - (twice[first] ?? minute) >= HOURS_EXAMINED * 60) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
