import { PROOF_LEVELS, type ProofLevel } from "../model/repository.ts";
import { keyText } from "../state/segment.ts";

const VERIFY_KIND = "verify-failed:";
export const DELETION_KIND = "deletion-failed:";

/** One notice per plan: the deletion of another snapshot says nothing about it. No repository's name contains a slash. */
export const deletionKey = (repository: string, plan: string) => `${DELETION_KIND}${repository}/${plan}`;

/** The repository of such a key; earlier versions had one notice per repository. */
export function repositoryOfDeletion(subject: string): string {
  return subject.split("/")[0] ?? subject;
}

export interface VerifyNotice {
  key: string;
  /** The name under which it was requested: of a repository, or of a watch or its registration. */
  repository: string;
  /** A name, a uuid, `latest` or `all`, as {@link snapshotSubject} writes it. */
  snapshot: string;
  level: ProofLevel;
}

/** The whole key must stay as it is in a segment: its kind, a repository and a level have less than the rest. */
const SNAPSHOT_BYTES_MAX = 120;

/** What stands for a snapshot in a key; a person may have asked for any text. */
export const snapshotSubject = (snapshot: string) => keyText(snapshot, SNAPSHOT_BYTES_MAX);

/** Whether a notice is about a snapshot of this name or uuid. */
export function isAbout(
  { snapshot }: Pick<VerifyNotice, "snapshot">,
  { name, uuid }: { name: string; uuid?: string | undefined },
): boolean {
  // Notices of earlier versions have the text as it is.
  return [name, uuid].some((one) => one !== undefined && (one === snapshot || snapshotSubject(one) === snapshot));
}

export const verifyKey = ({ repository, snapshot, level }: Omit<VerifyNotice, "key">) =>
  keyText(`${VERIFY_KIND}${repository}/${snapshotSubject(snapshot)}/${level}`);

/** The parts of such a notice's key; no repository's name contains a slash. */
export function parseVerifyKey(key: string): VerifyNotice | undefined {
  const [, repository, snapshot, level] = /^verify-failed:([^/]+)\/(.+)\/([^/]+)$/s.exec(key) ?? [];
  const known = PROOF_LEVELS.find((one) => one === level);
  if (repository === undefined || snapshot === undefined || known === undefined) return undefined;
  return { key, repository, snapshot, level: known };
}
