import { encodedDateMath } from "../../plan/backup/dateMath.ts";
import { parseDuration, printDuration } from "../../repository/duration.ts";
import { longestIntervalMs } from "../../repository/interval.ts";
import { amazonWarnings } from "./amazon/registrations.ts";
import { densityWarnings } from "./backups/density.ts";
import { clusterWarnings } from "./clusters.ts";
import { cronProblem, reversedOffset } from "./cron.ts";
import { writerWarnings } from "./places.ts";
import { asPlace, isPlainRemote } from "./reading.ts";
import { asSection, asText, at, type Finding, finding, type Segments } from "./tree.ts";

const DAYS_OF_A_MONTH = 30;

/** Values that are accepted but hardly meant: the configuration works, and does something else than a reader expects. */
export function ruleWarnings(tree: unknown): Finding[] {
  const backups = Object.keys(asSection(at(tree, ["backups"])));
  const watches = Object.keys(asSection(at(tree, ["watches"])));
  return [
    ...clusterWarnings(tree),
    ...amazonWarnings(tree),
    ...writerWarnings(tree),
    ...backups.flatMap((name) => backupWarnings(tree, name)),
    ...densityWarnings(tree),
    ...["backups", "copies"].flatMap((section) =>
      Object.keys(asSection(at(tree, [section]))).flatMap((name) => reversedZone(tree, [section, name, "schedule", "timeZone"])),
    ),
    ...watches.flatMap((name) => dateMath(tree, ["watches", name, "restore", "indices"])),
    ...stateRegion(tree),
    ...channelWarnings(tree),
  ];
}

function backupWarnings(tree: unknown, name: string): Finding[] {
  const path = ["backups", name];
  return [
    ...minutes(tree, [...path, "keep", "within"]),
    ...minutes(tree, [...path, "keep", "lastOfIndex"]),
    ...targetBelowInterval(tree, path),
  ];
}

function reversedZone(tree: unknown, path: Segments): Finding[] {
  const reversed = reversedOffset(asText(at(tree, path)) ?? "");
  return reversed === undefined ? [] : [finding(path, "reversedOffset", reversed.wrong, reversed.fix)];
}

/** A watch chooses by the names in a snapshot, which are older than now; no index is named `<logs-{now/d}>`. */
function dateMath(tree: unknown, path: Segments): Finding[] {
  const indices = at(tree, path);
  if (!Array.isArray(indices)) return [];
  return indices.flatMap((one: unknown, index) => {
    const text = asText(one) ?? "";
    const name = encodedDateMath(text) ?? text;
    const [, literal] = /^-?<([^{]*)\{.*>$/.exec(name) ?? [];
    if (literal === undefined && !/^-?<.*>$/.test(name)) return [];
    return [
      finding(
        [...path, index],
        "dateMath",
        "date math, which a watch does not resolve",
        `write a pattern such as ${literal?.toLowerCase() ?? "logs-"}*`,
      ),
    ];
  });
}

function minutes(tree: unknown, path: Segments): Finding[] {
  const text = asText(at(tree, path));
  const [, count] = /^(\d+)m$/.exec(text ?? "") ?? [];
  if (count === undefined || Number(count) === 0) return [];
  return [finding(path, "minutes", "minutes, not months", `write ${Number(count) * DAYS_OF_A_MONTH}d if months are meant`)];
}

/** Until the next backup has finished, the newest one is older than an interval. */
function targetBelowInterval(tree: unknown, path: Segments): Finding[] {
  const [rpo, cron] = [asText(at(tree, [...path, "rpo"])), asText(at(tree, [...path, "schedule", "cron"]))];
  const rpoMs = rpo === undefined ? undefined : parseDuration(rpo);
  if (!rpoMs || cron === undefined || cronProblem(cron) !== undefined) return [];
  const intervalMs = longestIntervalMs(cron);
  if (intervalMs === undefined || rpoMs > intervalMs) return [];
  const wrong = `not above the schedule's longest interval of ${printDuration(intervalMs)}, so every such interval is reported as late`;
  return [finding([...path, "rpo"], "rpoBelowInterval", wrong, "write the interval and the time that a backup takes")];
}

/** A function knows its region; a terminal takes that of the state, and tasks cannot be started without one. */
function stateRegion(tree: unknown): Finding[] {
  const state = asPlace(at(tree, ["state"]));
  const hasCopies = Object.keys(asSection(at(tree, ["copies"]))).length > 0;
  // On OSS a missing region is a fault, unless the endpoint names it.
  if (state === undefined || state.store === "oss" || state.region !== undefined || !hasCopies) return [];
  const wrong = "missing: copies run as tasks of Function Compute, which a terminal starts in this region";
  return [finding(["state", "region"], "stateRegion", wrong, "add the region of the functions, such as cn-hangzhou")];
}

function channelWarnings(tree: unknown): Finding[] {
  const channels = at(tree, ["notify"]);
  if (!Array.isArray(channels)) return [];
  return channels.flatMap((channel: unknown, index) =>
    isPlainRemote(at(channel, ["url"]))
      ? [finding(["notify", index, "url"], "plainNotice", "sends notices unencrypted", "write https:// if the receiver offers it")]
      : [],
  );
}
