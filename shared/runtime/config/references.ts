import { isAmazonAutomatic } from "../../model/amazon/automatic.ts";
import { didYouMean } from "../../repository/fault.ts";
import { automaticReference } from "./amazon/registrations.ts";
import { asSection, asText, at, type Finding, finding } from "./tree.ts";

/** The keys whose value must be the name of an entry in another section. */
const REFERENCES: readonly { section: string; key: string; target: string; noun: string }[] = [
  { section: "repositories", key: "cluster", target: "clusters", noun: "cluster" },
  { section: "backups", key: "repository", target: "repositories", noun: "repository" },
  { section: "copies", key: "from", target: "repositories", noun: "repository" },
  { section: "copies", key: "after", target: "backups", noun: "backup policy" },
  { section: "watches", key: "cluster", target: "clusters", noun: "cluster" },
  { section: "migrations", key: "backups", target: "backups", noun: "backup policy" },
];

/** Finds dangling references. Checks the input as written, so that an invalid entry can still be referenced. */
export function checkReferences(tree: unknown): Finding[] {
  return REFERENCES.flatMap(({ section, key, target, noun }) => {
    const known = Object.keys(asSection(at(tree, [target])));
    return Object.keys(asSection(at(tree, [section]))).flatMap((name) => {
      const referred = asText(at(tree, [section, name, key]));
      if (target === "repositories" && isAmazonAutomatic(referred ?? "")) return [automaticReference([section, name, key])];
      if (referred === undefined || known.includes(referred)) return [];
      const fix = known.length === 0 ? `add it under ${target}` : didYouMean(referred, known);
      return [finding([section, name, key], "reference", `no such ${noun}`, fix)];
    });
  });
}
