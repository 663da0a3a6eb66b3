import type { Config } from "../model/config.ts";
import { ownValue } from "../model/tables/ownValue.ts";
import { parseVerifyKey, repositoryOfDeletion } from "./noticeKeys.ts";

type Section = "backups" | "clusters" | "copies" | "migrations" | "repositories" | "watches";

/** The section of ossnap.yaml whose entry a kind of notice is about; the text after its first colon is the entry's name. */
const SECTIONS: Record<string, Section> = {
  "backup-failed": "backups",
  late: "backups",
  rpo: "backups",
  "prune-refused": "backups",
  "restored-left-out": "backups",
  "selection-shrank": "backups",
  "streams-left-out": "backups",
  "system-left-out": "backups",
  uncovered: "clusters",
  "writers-cluster": "repositories",
  "writers-deletions": "repositories",
  "writers-may-be-registered": "repositories",
  "writers-registered": "repositories",
  "writers-slm": "repositories",
  "writers-snapshots": "repositories",
  "migration-failed": "migrations",
  "copy-failed": "copies",
  "copy-ahead": "copies",
  "copy-broken": "copies",
  "copy-unlisted": "copies",
  "snapshot-lost": "repositories",
  ambiguous: "watches",
  "arrival-failed": "watches",
  "watch-ahead": "watches",
  "watch-alias": "watches",
  "watch-faulty": "watches",
  "watch-future": "watches",
  "watch-hidden": "watches",
  "watch-lacking": "watches",
  "watch-lost": "watches",
  "watch-older": "watches",
  "watch-rootless": "watches",
};

/** A look is named after its section, except that a policy has two. */
function sectionOfLook(look: string): Section {
  return look === "prunes" ? "backups" : (look as Section);
}

const SECTION_OF_JOB: Record<string, Section> = { backup: "backups", copy: "copies", arrival: "watches" };

/** The entry of ossnap.yaml that a notice with this key is about; `undefined` if it is about something else. */
export function entryOf(key: string): { section: Section; name: string } | undefined {
  const [, kind = "", subject = ""] = /^([^:]+):(.*)$/s.exec(key) ?? [];
  if (kind === "look-failed" || kind === "look-aside" || kind === "keys-shown") return split(subject, ".", sectionOfLook);
  if (kind === "config.changed") return split(subject, "/", (job) => ownValue(SECTION_OF_JOB, job));
  // A restore by hand names cluster and alias instead.
  if (kind === "restore-failed" || kind === "restore-held" || kind === "restore-replicas")
    return subject.includes("/") ? undefined : { section: "watches", name: subject };
  // Cluster and alias.
  if (kind === "rollback-failed") return { section: "clusters", name: subject.split("/")[0] ?? "" };
  const verified = parseVerifyKey(key);
  if (verified) return { section: "repositories", name: verified.repository };
  if (kind === "deletion-failed") return { section: "repositories", name: repositoryOfDeletion(subject) };
  const section = ownValue(SECTIONS, kind);
  return section && { section, name: subject };
}

/** Whether ossnap.yaml still has it; a repository is also known by its watch's name or by the name it is registered under. */
export function isConfigured(config: Config, { section, name }: { section: Section; name: string }): boolean {
  if (Object.hasOwn(config[section], name)) return true;
  const isWatched = Object.entries(config.watches).some(([watch, { register }]) => watch === name || register.name === name);
  return section === "repositories" && isWatched;
}

function split(subject: string, by: string, sectionOf: (text: string) => Section | undefined): ReturnType<typeof entryOf> {
  const at = subject.indexOf(by);
  const section = sectionOf(subject.slice(0, at));
  return section && { section, name: subject.slice(at + 1) };
}
