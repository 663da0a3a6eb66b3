import type { AdoptRule } from "../../../model/config.ts";
import { adoptSame, matchesEverything, matchesOwnNames, NEVER_ADOPTED } from "../../../plan/retention/adoption.ts";
import { placeOf } from "../../../repository/place.ts";
import { checkAmazonRegistrations } from "../amazon/registrations.ts";
import { checkContents } from "../backups/rules.ts";
import { checkClusters } from "../clusters.ts";
import { isSecretPath } from "../environment.ts";
import { asRegistration } from "../reading.ts";
import { asSection, asText, at, type Finding, finding, type Segments } from "../tree.ts";
import { checkSelection } from "./selection.ts";
import { checkWatch } from "./watches.ts";

const COUNTED_RULES = ["last", "hourly", "daily", "weekly", "monthly", "yearly"];

/** Checks across several values: rules that contradict each other or have no effect. */
export function checkRules(tree: unknown): Finding[] {
  return [
    ...checkClusters(tree),
    ...checkAmazonRegistrations(tree),
    ...namesOf(tree, "repositories", checkRepository),
    ...namesOf(tree, "backups", checkBackup),
    ...namesOf(tree, "copies", checkCopy),
    ...namesOf(tree, "watches", checkWatch),
    ...checkTokens(tree),
  ];
}

/** Patterns are evaluated from left to right, so exclusions alone select nothing. */
/** Without a registration nothing says where the blobs lie. */
function checkRepository(tree: unknown, name: string): Finding[] {
  const { register, blobs } = asSection(at(tree, ["repositories", name]));
  if (register !== undefined || blobs !== undefined) return [];
  const wrong = "missing, and register is too: nothing says where the repository is";
  return [finding(["repositories", name, "blobs"], "noPlace", wrong, "add blobs to read it, or register to write it")];
}

function checkBackup(tree: unknown, name: string): Finding[] {
  const findings: Finding[] = [...checkSelection(tree, ["backups", name, "indices"]), ...checkContents(tree, name)];
  const keep = at(tree, ["backups", name, "keep"]);
  if (keep !== undefined && keepsNothing(asSection(keep))) {
    findings.push(finding(["backups", name, "keep"], "keepsNothing", "keeps nothing", `add one of ${COUNTED_RULES.join(", ")}, within`));
  }
  findings.push(...checkAdoption(tree, name));
  const repository = asText(at(tree, ["backups", name, "repository"])) ?? "";
  const register = at(tree, ["repositories", repository, "register"]);
  if (register === undefined && at(tree, ["repositories", repository]) !== undefined) {
    const wrong = "a repository without register, which ossnap only reads";
    findings.push(finding(["backups", name, "repository"], "backupUnregistered", wrong, `add repositories.${repository}.register`));
  }
  if (repository === NEVER_ADOPTED) {
    const wrong = "the repository that Alibaba Cloud's automatic backup writes and clears itself";
    findings.push(
      finding(["backups", name, "repository"], "backupAliyun", wrong, "give the policy a repository with a base path of its own"),
    );
  }
  if (String(asRegistration(register)?.settings.readonly) === "true") {
    findings.push(
      finding(["backups", name, "repository"], "backupReadonly", "a repository registered readonly", "name one that the cluster may write"),
    );
  }
  return findings;
}

/** The `adopt` of a policy as far as its shape is right; the schema reports everything else. */
function adoptionOf(tree: unknown, policy: string): AdoptRule | undefined {
  const adopt = at(tree, ["backups", policy, "adopt"]);
  if (adopt === undefined) return undefined;
  const { pattern, metadata } = asSection(adopt);
  const texts = Object.entries(asSection(metadata)).flatMap(([key, value]) => (asText(value) === undefined ? [] : [[key, value]]));
  return {
    ...(asText(pattern) === undefined ? {} : { pattern: asText(pattern) }),
    ...(texts.length === 0 ? {} : { metadata: Object.fromEntries(texts) }),
  };
}

/** A policy must not thin out what it cannot mean: snapshots of ossnap, of Alibaba Cloud, or of another policy. */
function checkAdoption(tree: unknown, name: string): Finding[] {
  const rule = adoptionOf(tree, name);
  if (rule === undefined) return [];
  const path = ["backups", name, "adopt"];
  const fault = (code: string, wrong: string, fix: string, segments: Segments = path) => [finding(segments, code, wrong, fix)];
  const repository = asText(at(tree, ["backups", name, "repository"]));
  if (repository === NEVER_ADOPTED)
    return fault("adoptAliyun", `in ${NEVER_ADOPTED}, whose snapshots Alibaba Cloud writes and deletes itself`, "leave adopt out");
  const { pattern, metadata } = rule;
  const isEverything = pattern === undefined ? metadata === undefined : matchesEverything(pattern);
  const narrow = "name what the other tool writes, such as curator-*";
  if (isEverything) return fault("adoptEverything", "everything in the repository", narrow);
  const policies = Object.keys(asSection(at(tree, ["backups"])));
  const own = pattern === undefined ? undefined : policies.find((policy) => matchesOwnNames(pattern, policy));
  if (own !== undefined) return fault("adoptOwn", `matches names that ossnap gives for policy ${own}`, narrow, [...path, "pattern"]);
  const isOwn = (policy: string) => {
    const written = asSection(at(tree, ["backups", policy, "metadata"]));
    return pattern === undefined && Object.entries(metadata ?? {}).every(([key, value]) => key === "ossnap" || written[key] === value);
  };
  const marked = policies.find(isOwn);
  if (marked !== undefined)
    return fault("adoptOwn", `matches the metadata of policy ${marked}`, "name a member that only the other tool writes");
  const twin = policies.slice(0, policies.indexOf(name)).find((policy) => {
    const other = adoptionOf(tree, policy);
    return other !== undefined && at(tree, ["backups", policy, "repository"]) === repository && adoptSame(rule, other);
  });
  return twin === undefined ? [] : fault("adoptTwice", `adopts snapshots that backups.${twin} adopts too`, "adopt each by one policy only");
}

function keepsNothing(keep: Record<string, unknown>): boolean {
  return keep.within === undefined && COUNTED_RULES.every((rule) => keep[rule] === undefined || keep[rule] === 0);
}

function checkCopy(tree: unknown, name: string): Finding[] {
  const copy = asSection(at(tree, ["copies", name]));
  const [from, after] = [asText(copy.from), asText(copy.after)];
  const findings: Finding[] = [];
  if (copy.schedule !== undefined && copy.after !== undefined) {
    findings.push(
      finding(["copies", name, "schedule"], "copyTwoStarts", "has after and schedule", "keep one of them, or neither to copy by hand only"),
    );
  }
  if (copy.keep !== undefined && keepsNothing(asSection(copy.keep))) {
    const fix = `add one of ${COUNTED_RULES.join(", ")}, within, or leave keep out to list all`;
    findings.push(finding(["copies", name, "keep"], "keepsNothing", "keeps nothing but the newest snapshot", fix));
  }
  const source = from === undefined ? undefined : at(tree, ["repositories", from]);
  const registration = asRegistration(at(source, ["register"]));
  if (registration !== undefined && at(source, ["blobs"]) === undefined && placeOf(registration) === undefined) {
    findings.push(
      finding(
        ["copies", name, "from"],
        "copyNoPlace",
        "a repository without blobs, so their location is unknown",
        `add repositories.${from}.blobs`,
      ),
    );
  }
  const backedUp = after === undefined ? undefined : asText(at(tree, ["backups", after, "repository"]));
  const isKnown = source !== undefined && backedUp !== undefined && at(tree, ["repositories", backedUp]) !== undefined;
  if (isKnown && backedUp !== from) {
    const wrong = `a policy that backs up to ${backedUp}, not to ${from}`;
    findings.push(finding(["copies", name, "after"], "copyOtherPolicy", wrong, `name a policy of ${from}`));
  }
  return findings;
}

function checkTokens(tree: unknown): Finding[] {
  const tokens = at(tree, ["http", "tokens"]);
  if (!Array.isArray(tokens)) return [];
  const names = tokens.map((token: unknown) => asText(at(token, ["name"])));
  const hashes = tokens.map((token: unknown) => asText(at(token, ["sha256"]))?.toLowerCase());
  const twins = hashes.flatMap((hash, index) => {
    const first = hashes.indexOf(hash);
    const wrong = `the hash of http.tokens[${first}]: one token would have two names or roles`;
    return hash === undefined || first === index
      ? []
      : [finding(["http", "tokens", index, "sha256"], "tokenSame", wrong, "make a token of its own")];
  });
  const twice = names.flatMap((name, index) =>
    name === undefined || names.indexOf(name) === index
      ? []
      : [finding(["http", "tokens", index, "name"], "tokenTwice", "a second token of that name", "rename one")],
  );
  return [...twice, ...twins];
}

/** What no value and no key may have, wherever it stands. */
export function checkWritten(tree: unknown): Finding[] {
  return [...checkReservedKeys(tree, []), ...checkInvisible(tree, [])];
}

/** Control, bidirectional and zero-width characters: a name with one looks like another name. A certificate has line ends. */
function checkInvisible(node: unknown, segments: Segments): Finding[] {
  if (typeof node === "string") {
    if (isSecretPath(segments) || segments.at(-1) === "ca") return [];
    const [character] = /[\p{Cc}\p{Cf}\u2028\u2029]/u.exec(node) ?? [];
    if (character === undefined) return [];
    const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    return [finding(segments, "invisible", `a text with the invisible character ${code}`, "remove that character")];
  }
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => checkInvisible(value, [...segments, Array.isArray(node) ? Number(key) : key]));
}

/** The schema ignores this key, but nothing that is written may be silently ignored. */
function checkReservedKeys(node: unknown, segments: Segments): Finding[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const below = [...segments, Array.isArray(node) ? Number(key) : key];
    if (key !== "__proto__") return checkReservedKeys(value, below);
    return [{ ...finding(below, "name", "a reserved word of JavaScript", "write another name"), hidesValue: true }];
  });
}

function namesOf(tree: unknown, section: string, check: (tree: unknown, name: string) => Finding[]): Finding[] {
  return Object.keys(asSection(at(tree, [section]))).flatMap((name) => check(tree, name));
}
