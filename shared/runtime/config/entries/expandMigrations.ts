import { ownValue } from "../../../model/tables/ownValue.ts";
import { clusterIdOf } from "../clusters.ts";
import { asSection, asText, at, type Finding, finding, mapTexts, pathText, type Segments } from "../tree.ts";
import { migration } from "./migration.ts";

const SECTIONS = ["backups", "copies", "watches"] as const;

/**
 * The tree with the policy, the copy and the watch that each migration stands for, under its name, so that every check of these sections holds for them
 * too. A migration whose shape is wrong, or whose name one of them has already, is left out.
 */
export function expandMigrations(tree: unknown): unknown {
  const entries = Object.entries(migrationsOf(tree)).filter(([name, entry]) => isRight(entry) && takenBy(tree, name) === undefined);
  if (entries.length === 0) return tree;
  const added = entries.map(([name, entry]) => [name, derived(asSection(entry))] as const);
  const sectionOf = (section: (typeof SECTIONS)[number]) => ({
    ...asSection(at(tree, [section])),
    ...Object.fromEntries(added.map(([name, entry]) => [name, entry[section]])),
  });
  return { ...asSection(tree), ...Object.fromEntries(SECTIONS.map((section) => [section, sectionOf(section)])) };
}

function derived(entry: Record<string, unknown>): Record<(typeof SECTIONS)[number], unknown> {
  const {
    from,
    to,
    through,
    register,
    indices,
    aliases,
    schedule,
    keep = { last: 3 },
    replicas,
    keepOld,
    keepOldBytes,
    filesThere,
  } = entry;
  return {
    backups: { repository: from, indices, schedule, keep },
    copies: { from, to: through, snapshots: "latest" },
    watches: {
      blobs: through,
      cluster: to,
      register,
      restore: given({ indices, aliases, which: "by-hand", replicas, keepOld, keepOldBytes, filesThere }),
    },
  };
}

function given(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The keys of the derived entries, as the migration has them. */
const WRITTEN_AS: Readonly<Record<(typeof SECTIONS)[number], Readonly<Record<string, string>>>> = {
  backups: { repository: "from" },
  copies: { to: "through" },
  watches: { blobs: "through", cluster: "to" },
};

/** Moves findings about what was derived to where it is written, and names it so in their texts. */
export function asWritten(tree: unknown, findings: readonly Finding[]): Finding[] {
  const named = derivedNames(tree);
  const moved = findings.map((found) => {
    const [section = "", name = "", ...rest] = found.segments;
    const isDerived = isDerivedEntry(tree, String(section), String(name));
    const words = named.length === 0 ? found : withWords(found, (text) => asWrittenText(text, named));
    return isDerived ? { ...words, segments: writtenPath(String(section), name, rest) } : words;
  });
  return moved.filter((found, at) => !moved.slice(0, at).some((earlier) => isSameClash(earlier, found)));
}

function isDerivedEntry(tree: unknown, section: string, name: string): boolean {
  const isThere = at(tree, ["migrations", name]) !== undefined && at(tree, [section, name]) === undefined;
  return isThere && SECTIONS.some((one) => one === section);
}

/** Longer names first: one may begin with another. */
function derivedNames(tree: unknown): string[] {
  const names = Object.keys(migrationsOf(tree)).filter((name) => takenBy(tree, name) === undefined);
  return names.sort((one, other) => other.length - one.length);
}

function withWords(found: Finding, rewrite: (text: string) => string): Finding {
  const { params } = found;
  const rewritten = params && { params: mapTexts(params, rewrite) as NonNullable<typeof params> };
  return { ...found, wrong: rewrite(found.wrong), fix: rewrite(found.fix), ...rewritten };
}

/** `watches.movies.blobs` is `migrations.movies.through`. */
function asWrittenText(text: string, names: readonly string[]): string {
  const any = names.map((name) => name.replace(/[^\w]/g, "\\$&")).join("|");
  const path = new RegExp(`(?<![\\w.-])(${SECTIONS.join("|")})\\.(${any})((?:\\.[\\w-]+)*)(?![\\w-])`, "g");
  return text.replace(path, (_all, section: string, name: string, rest: string) =>
    pathText(writtenPath(section, name, rest.split(".").slice(1))),
  );
}

/** The copy and the watch of one migration lie at one place, and clash with another's for one reason. */
function isSameClash(one: Finding, other: Finding): boolean {
  const place = other.params?.other;
  const isMigration = typeof place === "string" && place.startsWith("migrations.");
  return isMigration && one.params?.other === place && pathText(one.segments) === pathText(other.segments);
}

function writtenPath(section: string, name: string | number, [first, ...below]: Segments): Segments {
  if (first === undefined) return ["migrations", name];
  if (section === "watches" && first === "restore") return ["migrations", name, ...below];
  return ["migrations", name, ownValue(WRITTEN_AS[section as (typeof SECTIONS)[number]], String(first)) ?? first, ...below];
}

/** What only a migration says: a name of its own, two clusters, and who takes over. */
export function checkMigrations(tree: unknown): Finding[] {
  return Object.entries(migrationsOf(tree)).flatMap(([name, entry]) => {
    const taken = takenBy(tree, name);
    const findings: Finding[] = [];
    if (taken !== undefined)
      findings.push(finding(["migrations", name], "migrationName", `has the name of ${taken}.${name}`, "write another name"));
    const { from, to, backups } = asSection(entry);
    const [source, target] = [clusterOf(tree, from), clusterIdOf(tree, to)];
    if (source !== undefined && source === target)
      findings.push(
        finding(["migrations", name, "to"], "migrationSame", "the cluster that it comes from", "name the one that is to serve"),
      );
    if (backups !== undefined && Object.hasOwn(migrationsOf(tree), asText(backups) ?? ""))
      findings.push(
        finding(["migrations", name, "backups"], "migrationBackups", "a policy that a migration stands for", "name one of backups"),
      );
    const takesOver = clusterOf(tree, at(tree, ["backups", asText(backups) ?? "", "repository"]));
    if (backups !== undefined && takesOver !== undefined && target !== undefined && takesOver !== target)
      findings.push(
        finding(
          ["migrations", name, "backups"],
          "migrationBackups",
          `a policy of another cluster than ${to}`,
          "name one whose repository is there",
        ),
      );
    return findings;
  });
}

function clusterOf(tree: unknown, repository: unknown): string | undefined {
  return clusterIdOf(tree, at(tree, ["repositories", asText(repository) ?? "", "cluster"]));
}

function migrationsOf(tree: unknown): Record<string, unknown> {
  return asSection(at(tree, ["migrations"]));
}

function takenBy(tree: unknown, name: string): string | undefined {
  return SECTIONS.find((section) => at(tree, [section, name]) !== undefined);
}

function isRight(entry: unknown): boolean {
  return migration.safeParse(entry).success;
}
