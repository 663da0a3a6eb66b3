import { reason } from "../model/reason.ts";
import type { RootCatalogue } from "../model/repository.ts";
import { namesakeReason, namesakesOf, unindexedOf, unindexedReason, unlistedOf, unlistedReason } from "../proof/rootFaults.ts";
import { type PreflightCheck, type PreflightInput, type RootSeen, refuse, warn } from "./preflightTypes.ts";
import { isAtLeast } from "./versions.ts";

/** What is wrong with the root itself, as far as it concerns a restore of this snapshot. */
export function rootSeen(root: RootCatalogue | undefined, { name }: { name: string }): RootSeen {
  if (root === undefined) return {};
  const uuids = namesakesOf(root.snapshots).get(name);
  const unlisted = unlistedOf(root);
  const unindexed = unindexedOf(root);
  return {
    ...(unindexed && { unindexed: unindexedReason(root.key, unindexed) }),
    ...(uuids && { namesakes: namesakeReason(root.key, name, uuids) }),
    ...(unlisted.count > 0 && { unlisted: unlistedReason(root.key, unlisted) }),
  };
}

/** A restore is requested by name. Of a root that names snapshots which it does not list, 5.x restores, and 6.7 to 9.2 read nothing. */
export function rootChecks({ root, targetVersion }: PreflightInput): PreflightCheck[] {
  const { namesakes, unlisted, unindexed } = root ?? {};
  const wayOut = reason("wayOut.copyApart");
  return [
    ...(unindexed ? [refuse("repository", unindexed, reason("wayOut.completeRoot"))] : []),
    ...(namesakes ? [refuse("repository", namesakes, wayOut)] : []),
    ...(unlisted ? [isAtLeast(targetVersion, "6.0.0") ? refuse("repository", unlisted, wayOut) : warn("repository", unlisted)] : []),
  ];
}
