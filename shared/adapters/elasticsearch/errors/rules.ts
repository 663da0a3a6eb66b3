import type { ErrorCode } from "../../../model/errors.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { AMAZON_RULES } from "./amazon.ts";
import type { Rule } from "./rule.ts";

const REPOSITORY_DATA = /(could not read|exception when loading) repository data/;

/**
 * First match wins. Types and texts are those of real servers of 2.4, 5.5, 6.7, 7.10, 8.17 and 9.2; the status alone is misleading (500 for
 * an existing name, 403 for a closed index).
 */
const RULES: readonly Rule[] = [
  { code: "conflict", type: /^concurrent_snapshot_execution_exception$/ },
  { code: "conflict", type: /^(snapshot_name_already_in_use|snapshot_in_progress|repository_conflict)_exception$/ },
  { code: "conflict", type: /^(resource|index)_already_exists_exception$/ },
  { code: "conflict", text: /snapshot with (the same|such) name (already exists|is already)/ },
  { code: "conflict", text: /because it's open|because an open index with same name already exists/ },
  { code: "conflict", text: /index (or data stream )?exists with the same name as the alias/ },
  { code: "conflict", text: /repository that is currently used/ },
  { code: "conflict", text: /Cannot (delete|close) indices that are being (snapshotted|restored)/ },
  { code: "absent", type: /^(repository_missing|index_not_found)_exception$/ },
  // The repository lists the snapshot but its blob is missing: a copy is in progress.
  { code: "transient", type: /^snapshot_missing_exception$/, text: /\/[^\]]+\] +is missing/, isUnreadable: true },
  { code: "absent", type: /^snapshot_missing_exception$/ },
  { code: "permanent", text: /unknown parameter \[index_uuid\]/ },
  { code: "invalid", type: /^(index_closed|cluster_block)_exception$/, text: /^closed$|index closed/ },
  // A block that a person, or a full disk, set on an index or on the cluster; no user's permissions are meant.
  { code: "refused", type: /^cluster_block_exception$/, text: /FORBIDDEN\// },
  // The errors of 6.x, 7.x and 2.x when they read roots and snapshots of a later version.
  { code: "permanent", text: /Can't get text on a FIELD_NAME|unknown field (\[uuid\] found|name +\[min_version\])|index\[min_version\]/ },
  // A root that names a snapshot which it does not list.
  { code: "permanent", text: /Detected a corrupted repository/ },
  { code: "invalid", type: /^snapshot_restore_exception$/ },
  { code: "invalid", type: /^invalid_(alias|index|repository|snapshot)_name_exception$/ },
  // 6.x on the metadata of an index of a later version.
  { code: "invalid", text: /Unexpected field \[/ },
  { code: "invalid", text: /failed to create repository|repository type \[.*\] does not exist/ },
  // From 7.6 on, after another cluster wrote; a person registers it anew, and the next try succeeds. A registration with the same settings does not help on 7.10, and on 8.17 only after this error (measured).
  {
    code: "refused",
    text: /disabled to prevent data corruption|concurrent modification of the index-N file|do not match its expected state/,
    fix: "another cluster wrote there, or this one through another registration: make the repository read-only in the other place, remove the registration under this name (DELETE _snapshot/NAME deletes no snapshot) and register it again",
  },
  // Keys that are wrong, or a place that nodes cannot write: a person corrects it, and the next try succeeds.
  { code: "refused", type: /^repository_verification_exception$/ },
  // A root that no JSON parser takes, as Jackson says it; one that merely ends early may still be copied.
  {
    code: "permanent",
    text: REPOSITORY_DATA,
    alsoText: /Unexpected (character|close marker)|Duplicate field|Unrecognized token|Invalid UTF-8|Illegal (unquoted )?character/i,
    isUnreadable: true,
  },
  // A snapshot's blob or a root that is still being copied, or is lost; the rules for later formats come first.
  { code: "transient", text: /Snapshot could not be read/, isUnreadable: true },
  { code: "transient", text: REPOSITORY_DATA, isUnreadable: true },
  // Answers 500 although only a node or the network failed.
  { code: "transient", type: /^(\w+_transport|timeout|node_closed|node_disconnected|node_not_connected|failed_node)_exception$/ },
  ...AMAZON_RULES,
];

/** Refusals that callers tell apart, in the words of all versions that have them; what callers see may be masked, so they cannot match it. */
const SPECIFIC_REFUSALS: readonly { text: RegExp; reasonFor: (message: string) => Reason }[] = [
  {
    text: /cannot (create|delete) snapshot (in|from) a readonly repository/,
    reasonFor: (message) => reason("repository.readonly", { message }),
  },
  // A full cluster refuses replicas with 400 too (from 7.0).
  { text: /maximum (normal )?shards open/, reasonFor: (message) => reason("cluster.shardLimit", { message }) },
];

interface Refusal {
  rule: Rule | undefined;
  code: ErrorCode;
  /** As the server sent them, before anything is masked. */
  reasons: readonly string[];
  /** Masked. */
  message: string;
  cluster: string;
}

/** The reason of an error that callers tell apart by it, if it is one. */
export function reasonOf({ rule, code, reasons, message, cluster }: Refusal): { reason: Reason } | undefined {
  if (rule?.isUnreadable) return { reason: reason("repository.unreadable", { cluster }) };
  const found = code === "refused" ? SPECIFIC_REFUSALS.find(({ text }) => reasons.some((said) => text.test(said))) : undefined;
  return found && { reason: found.reasonFor(message) };
}

/**
 * The rule for a server's answer, if there is one.
 * @param reasons as the server sent them, before anything is masked.
 */
export function ruleFor(status: number, type: string | undefined, reasons: string[]): Rule | undefined {
  // Overload, whatever the request: a full queue, a tripped breaker, a disk above its flood stage.
  if (status === 429) return { code: "transient" };
  return RULES.find((rule) => {
    const isSaid = (text: RegExp | undefined) => text === undefined || reasons.some((said) => text.test(said));
    return (rule.type?.test(type ?? "") ?? true) && isSaid(rule.text) && isSaid(rule.alsoText);
  });
}
