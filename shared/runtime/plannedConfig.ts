import { createHash } from "node:crypto";
import type { Config } from "../model/config.ts";
import { ConfigError, type ConfigFault } from "./config/configError.ts";
import { type Environment, kmsNamesIn } from "./config/environment.ts";
import { checkConfig } from "./config/loadConfig.ts";
import { readSource } from "./config/source.ts";

export interface Planned {
  config: Config;
  /** What stands for each variable that is not set: by text in `config`, the variable as written. */
  unset: ReadonlyMap<string, string>;
  /** Names of the secrets in KMS that it reads. */
  secrets: readonly string[];
}

/** What a variable may have to be: a name, an address, a path, a hash. The first that its field takes is used. */
const STAND_INS: readonly ((word: string) => string)[] = [
  (word) => word,
  (word) => `https://${word}.invalid`,
  (word) => `/${word}`,
  (word) => createHash("sha256").update(word).digest("hex"),
];

/**
 * The configuration of a deployment whose variables may not be set yet: for what it says of itself, such as the buckets that it uses.
 * Throws one `ConfigError` for everything that is wrong whatever the variables are.
 */
export function plannedConfig(text: string, environment: Environment): Planned {
  const attempts = new Map<string, number>();
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  for (;;) {
    const stand = new Map([...attempts].map(([name, attempt]) => [name, STAND_INS[attempt]?.(wordOf(name))]));
    const { config, faults } = checkConfig(text, { ...Object.fromEntries(stand), ...set });
    if (config) {
      const unset = new Map([...attempts.keys()].map((name) => [wordOf(name), `\${${name}}`]));
      return { config, unset, secrets: kmsNamesIn(readSource(text).source?.tree) };
    }
    const names = new Set(faults.flatMap((fault) => variablesOf(fault, attempts)));
    if (names.size === 0) throw new ConfigError(faults);
    for (const name of names) attempts.set(name, (attempts.get(name) ?? -1) + 1);
    if ([...attempts.values()].some((attempt) => attempt >= STAND_INS.length)) throw new ConfigError(faults);
  }
}

/** The variables to which a fault is due, if they are not set. */
function variablesOf({ reason, value }: ConfigFault, known: ReadonlyMap<string, number>): string[] {
  if (reason.code === "config.environment") return [String(reason.params.name)];
  // A secret of KMS is not read for a plan.
  if (reason.code === "config.kms") return [`kms:${String(reason.params.name)}`];
  const named = [...(value ?? "").matchAll(/\$\{([^}]+)\}/g)].map(([, name = ""]) => name);
  return named.filter((name) => known.has(name));
}

function wordOf(name: string): string {
  return `unset-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}
