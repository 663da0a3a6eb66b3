import type { Config } from "../../model/config.ts";
import { ConfigError, type ConfigFault, type ConfigWarning } from "./configError.ts";
import { withEndpoints } from "./entries/autoEndpoints.ts";
import { asWritten, checkMigrations, expandMigrations } from "./entries/expandMigrations.ts";
import {
  type Environment,
  hasPlaceholder,
  isSecretPath,
  literalTexts,
  type Resolved,
  resolveEnvironment,
  scrub,
  shownValue,
} from "./environment.ts";
import { checkPlaces, placeWarnings } from "./places.ts";
import { checkReferences } from "./references.ts";
import { checkLocations, checkRegistrations, registrationWarnings } from "./registrations.ts";
import { causesOf } from "./rules/causes.ts";
import { checkRegions } from "./rules/regions.ts";
import { checkRules, checkWritten } from "./rules/rules.ts";
import { checkShape } from "./schemaFindings.ts";
import { readSource, type Source } from "./source.ts";
import { toConfig } from "./toConfig.ts";
import { asSection, at, type Finding, finding, mapTexts, pathText, reasonOf, type Segments } from "./tree.ts";
import { ruleWarnings } from "./warnings.ts";

export interface ConfigReport {
  /** Absent when there are faults. */
  config: Config | undefined;
  faults: ConfigFault[];
  warnings: ConfigWarning[];
}

/**
 * Parses ossnap.yaml (or JSON), substitutes environment variables and validates everything.
 * Throws one `ConfigError` (`invalid`) that lists all faults; values from the environment are never shown.
 */
export function loadConfig(text: string, environment: Environment): Config {
  const { config, faults } = checkConfig(text, environment);
  if (config === undefined) throw new ConfigError(faults);
  return config;
}

/** Like {@link loadConfig} but does not throw, and also returns warnings. */
export function checkConfig(text: string, environment: Environment): ConfigReport {
  const { source, faults } = readSource(text);
  if (source === undefined) return { config: undefined, faults, warnings: [] };
  const written = withoutEmptySections(source.tree);
  const resolved = resolveEnvironment(written, environment);
  // Function Compute sets its region in this variable; elsewhere the caller's network is unknown.
  const callerRegion = environment.FC_REGION;
  const { input, findings, expanded } = checkTree(resolved, callerRegion);
  const regionWarnings = callerRegion === undefined ? [] : placeWarnings(expanded, callerRegion);
  const shown = (found: Finding[]) => present(found, { source, written, resolved });
  const warnings = shown([...registrationWarnings(expanded), ...ruleWarnings(expanded), ...regionWarnings, ...literalSecrets(written)]);
  if (input === undefined || findings.length > 0) return { config: undefined, faults: shown(findings), warnings };
  return { config: toConfig(input), faults: [], warnings };
}

/**
 * The configuration for a function's bundle: JSON with every `${NAME}` as written, so that no secret leaves the environment.
 * Throws one `ConfigError` for everything that can be checked without the environment.
 */
export function resolvedConfigText(text: string): string {
  const { source, faults } = readSource(text);
  if (source === undefined) throw new ConfigError(faults);
  const written = withoutEmptySections(source.tree);
  const resolved = resolveEnvironment(written, {});
  const findings = checkTree(resolved).findings.filter(({ code }) => !["config.environment", "config.kms"].includes(code));
  if (findings.length > 0) throw new ConfigError(present(findings, { source, written, resolved }));
  return `${JSON.stringify(written, undefined, 2)}\n`;
}

function checkTree(resolved: Resolved, callerRegion?: string) {
  const { tree, findings: endpoints } = withEndpoints(expandMigrations(resolved.tree), callerRegion);
  const { input, findings } = checkShape(tree);
  const isJudged = ({ segments }: Finding) => !hasPlaceholder(at(tree, segments));
  const across = [
    ...checkReferences(tree),
    ...checkRegistrations(tree),
    ...checkLocations(tree),
    ...checkPlaces(tree),
    ...checkRegions(tree),
    ...endpoints,
    ...checkRules(tree),
    ...checkMigrations(resolved.tree),
  ];
  // The value of an unset variable cannot be checked; that it is unset is reported once.
  const judged = causesOf({
    written: checkWritten(tree).filter(isJudged),
    shape: findings.filter(isJudged),
    across: across.filter(isJudged),
  });
  return { input, findings: [...resolved.findings, ...judged], expanded: tree };
}

interface Context {
  source: Source;
  written: unknown;
  resolved: Resolved;
}

/** Findings for display: sorted by line, without duplicates of path and fault. */
function present(findings: readonly Finding[], { source, written, resolved }: Context): ConfigFault[] {
  const open = literalTexts(written);
  const faults = asWritten(resolved.tree, findings).map((found): ConfigFault => {
    const clean = (text: string) => scrub(text, resolved.values, at(written, found.segments), open);
    const { code, params } = reasonOf(found);
    return {
      path: pathText(found.segments),
      line: source.lineOf(found.segments),
      value: found.hidesValue === true ? null : shownValue(written, found.segments),
      wrong: clean(found.wrong),
      fix: clean(found.fix),
      reason: { code, params: mapTexts(params, clean) as typeof params },
    };
  });
  const seen = new Map(faults.map((fault) => [`${fault.path} ${fault.wrong}`, fault]));
  return [...seen.values()].sort((one, other) => (one.line ?? Number.MAX_SAFE_INTEGER) - (other.line ?? Number.MAX_SAFE_INTEGER));
}

/** A section such as `copies:` with all its entries commented out is null in YAML and means "none". */
function withoutEmptySections(tree: unknown): unknown {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) return tree;
  return Object.fromEntries(Object.entries(asSection(tree)).filter(([, value]) => value !== null));
}

/** Secrets written in the file instead of a placeholder. */
function literalSecrets(written: unknown): Finding[] {
  const findings: Finding[] = [];
  mapTexts(written, (text, segments: Segments) => {
    const isHash = segments.at(-1) === "sha256";
    if (isSecretPath(segments) && !isHash && !hasPlaceholder(text)) {
      findings.push(finding(segments, "secret", "written in the file", `put it into the environment and write \${VARIABLE}`));
    }
    return text;
  });
  return findings;
}
