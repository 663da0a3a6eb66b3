import { type Instance, sharedRepositoryName } from "../../model/instances/instances.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { compareVersions, isAtLeast, oldestRestorableMajor, versionParts } from "../../plan/versions.ts";
import type { SharingPlan, SharingSeen } from "./types.ts";

const NAMES_SHOWN = 10;

/** Whether the platform would share the snapshots, by its own rules, and what it does not say beforehand. */
export function planAddition(seen: SharingSeen): SharingPlan {
  const { target, source, shared } = seen;
  const found = shared.find(({ instance }) => instance === source.id);
  const plan = planOf("add", seen);
  if (found) return { ...plan, already: true, warnings: found.available ? [] : [reason("sharing.unavailable", idsOf(seen))] };
  const refusals = [...targetRefusals(seen), ...sourceRefusals(seen)];
  const both = target.seen && source.seen ? { target: target.seen, source: source.seen } : undefined;
  const newer = both && compareVersions(both.source.version, both.target.version) > 0;
  if (both && newer) refusals.push(reason("sharing.newer", versionsOf(seen, both)));
  return { ...plan, refusals, warnings: both && refusals.length === 0 ? warningsOf(seen, both) : [] };
}

/** What ends with the sharing: the repository on the target, and with it every restore that still reads from it. */
export function planRemoval(seen: SharingSeen): SharingPlan {
  const { source, shared, readers, namedBy } = seen;
  const plan = planOf("remove", seen);
  const refusals = targetRefusals(seen);
  if (refusals.length === 0 && !shared.some(({ instance }) => instance === source.id)) {
    const others = shared.map(({ instance }) => instance).slice(0, NAMES_SHOWN);
    refusals.push(reason(others.length === 0 ? "sharing.nothing" : "sharing.notShared", { ...idsOf(seen), others }));
  }
  if (readers.length > 0) refusals.push(reason("sharing.read", { ...idsOf(seen), job: readers[0] ?? "", count: readers.length }));
  const named = namedBy.map((entry) => reason("sharing.named", { entry, repository: plan.repository }));
  return { ...plan, refusals, warnings: refusals.length === 0 ? named : [] };
}

function planOf(kind: SharingPlan["kind"], { cluster, target, source }: SharingSeen): SharingPlan {
  const repository = sharedRepositoryName(source.id);
  return { kind, cluster, target: target.id, instance: source.id, repository, already: false, warnings: [], refusals: [] };
}

const idsOf = ({ target, source }: SharingSeen) => ({ target: target.id, instance: source.id });

interface Both {
  target: Instance;
  source: Instance;
}

const versionsOf = (seen: SharingSeen, { target, source }: Both) => ({
  ...idsOf(seen),
  version: source.version,
  targetVersion: target.version,
});

function targetRefusals({ cluster, target }: SharingSeen): Reason[] {
  if (!target.seen) return [reason("sharing.unknownTarget", { cluster, target: target.id })];
  // The platform takes no change of an instance at work.
  return target.seen.status === "active" ? [] : [reason("sharing.notActive", { instance: target.id, status: target.seen.status })];
}

/** The endpoint of a region knows the account's own instances there alone, so an unknown one breaks the rule of one region and account. */
function sourceRefusals(seen: SharingSeen): Reason[] {
  const { target, source, alternatives } = seen;
  if (source.id === target.id) return [reason("sharing.itself", { instance: source.id })];
  if (source.seen || !target.seen) return [];
  const others = alternatives.slice(0, NAMES_SHOWN);
  return [reason(others.length === 0 ? "sharing.unknownAlone" : "sharing.unknown", { ...idsOf(seen), others })];
}

function warningsOf(seen: SharingSeen, both: Both): Reason[] {
  const { target, source } = both;
  const versions = versionsOf(seen, both);
  const warnings: Reason[] = [];
  if (source.status !== "active") warnings.push(reason("sharing.sourceNotActive", { instance: source.id, status: source.status }));
  if (!seen.alternatives.includes(source.id)) warnings.push(reason("sharing.notOffered", idsOf(seen)));
  if (versionParts(source.version)[0] < oldestRestorableMajor(target.version)) warnings.push(reason("sharing.tooOld", versions));
  else if (isOf(source, 6, 8) && !isAtLeast(target.version, "7.2.0") && isAtLeast(target.version, "7.0.0"))
    warnings.push(reason("sharing.sixEight", versions));
  // https://www.alibabacloud.com/help/en/es/user-guide/configure-a-shared-oss-repository; no operation used here tells the kernel.
  if (isOf(source, 6, 7) && isOf(target, 6, 7)) warnings.push(reason("sharing.kernel", versions));
  return warnings;
}

function isOf({ version }: Instance, major: number, minor: number): boolean {
  const parts = versionParts(version);
  return parts[0] === major && parts[1] === minor;
}
