import { PROOF_LEVELS, type ProofLevel } from "../model/repository.ts";

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
  /** A name, a uuid, `latest` or `all`. */
  snapshot: string;
  level: ProofLevel;
}

export const verifyKey = ({ repository, snapshot, level }: Omit<VerifyNotice, "key">) => `${VERIFY_KIND}${repository}/${snapshot}/${level}`;

/** The parts of such a notice's key; no repository's name contains a slash. */
export function parseVerifyKey(key: string): VerifyNotice | undefined {
  const [, repository, snapshot, level] = /^verify-failed:([^/]+)\/(.+)\/([^/]+)$/s.exec(key) ?? [];
  const known = PROOF_LEVELS.find((one) => one === level);
  if (repository === undefined || snapshot === undefined || known === undefined) return undefined;
  return { key, repository, snapshot, level: known };
}
