import { existsSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { AppError } from "../../shared/model/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the local host writes beside its runs while it serves. */
const LOCAL_FILE = "current.env";

/** Where the local host leaves its environment: below OSSNAP_LOCAL_DIR, or `<temporary directory>/ossnap-<user>`, as its places are. */
export function localEnvironmentFile(environment: Environment = process.env): string {
  const given = environment.OSSNAP_LOCAL_DIR;
  return join(given === undefined || given === "" ? join(tmpdir(), `ossnap-${userName()}`) : resolve(given), LOCAL_FILE);
}

export interface ReadEnvironment {
  environment: Environment;
  /** The local host's file, when that was taken. */
  localFile: string | undefined;
}

/**
 * The shell's variables, with those of a file behind them: `--env-file`, else OSSNAP_ENV_FILE, else the local host's while it runs.
 * Errors: `invalid` when a file that was named is not there, or has a line that is no NAME=value.
 */
export function readEnvironment(shell: Environment, envFile: string | undefined): ReadEnvironment {
  const named = envFile ?? (shell.OSSNAP_ENV_FILE || undefined);
  if (named !== undefined && !existsSync(named))
    throw new AppError("invalid", `environment file ${named}: there is no such file; correct --env-file or OSSNAP_ENV_FILE`);
  const local = localEnvironmentFile(shell);
  const file = named ?? (existsSync(local) ? local : undefined);
  if (file === undefined) return { environment: shell, localFile: undefined };
  const filled = { ...parseEnvironment(readFileSync(file, "utf8"), file), ...withoutUnset(shell) };
  return { environment: filled, localFile: named === undefined ? file : undefined };
}

/** Lines of NAME=value; `#` begins a comment line, `export` and one pair of quotes around the value are let pass. Values never show in errors. */
export function parseEnvironment(text: string, file: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new AppError("invalid", `environment file ${file}, line ${index + 1}: is not NAME=value; correct or remove it`);
    values[name] = value.trim().replace(/^(["'])(.*)\1$/, "$2");
  }
  return values;
}

/** Values that no output may show, by the names they usually have; what ossnap.yaml takes as a secret comes on top. */
export function secretsIn(environment: Environment): string[] {
  return Object.entries(environment).flatMap(([name, value]) => (/SECRET|PASSWORD|PASSWD|(^|_)TOKEN$/i.test(name) && value ? [value] : []));
}

function withoutUnset(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid without an entry in the password file.
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
