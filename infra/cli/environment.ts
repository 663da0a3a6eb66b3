import { existsSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { AppError, fileFaultOf } from "../../shared/model/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The file that the local host writes next to its runs while it is running. */
const LOCAL_FILE = "current.env";

/** The local host's environment file: below OSSNAP_LOCAL_DIR, or `<temporary directory>/ossnap-<user>`, like its other files. */
export function localEnvironmentFile(environment: Environment = process.env): string {
  const given = environment.OSSNAP_LOCAL_DIR;
  return join(given === undefined || given === "" ? join(tmpdir(), `ossnap-${userName()}`) : resolve(given), LOCAL_FILE);
}

export interface ReadEnvironment {
  environment: Environment;
  /** The local host's file, if it was used. */
  localFile: string | undefined;
}

/**
 * The shell's variables, supplemented by those of a file: `--env-file`, else OSSNAP_ENV_FILE, else the local host's while it is running.
 * Errors: `invalid` when a named file does not exist or has a line that is not NAME=value.
 */
export function readEnvironment(shell: Environment, envFile: string | undefined): ReadEnvironment {
  const named = envFile ?? (shell.OSSNAP_ENV_FILE || undefined);
  if (named !== undefined && !existsSync(named))
    throw new AppError("invalid", `environment file ${named}: there is no such file; correct --env-file or OSSNAP_ENV_FILE`);
  const local = localEnvironmentFile(shell);
  const file = named ?? (existsSync(local) ? local : undefined);
  if (file === undefined) return { environment: shell, localFile: undefined };
  const filled = { ...parseEnvironment(textOf(file), file), ...withoutUnset(shell) };
  return { environment: filled, localFile: named === undefined ? file : undefined };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new AppError("invalid", `environment file ${file}: ${fileFaultOf(cause)}; correct --env-file or OSSNAP_ENV_FILE`, { cause });
  }
}

/** Lines of NAME=value; `#` starts a comment line; `export` and one pair of quotes around a value are accepted. Errors show no values. */
export function parseEnvironment(text: string, file: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new AppError("invalid", `environment file ${file}, line ${index + 1}: is not NAME=value; correct or remove it`);
    const quoted = /^(["'])(.*)\1$/.exec(value.trim())?.[2];
    // Some programs end a value there, others do not: a token with a comment behind it would be a wrong one.
    if (quoted === undefined && /\s#/.test(value))
      throw new AppError(
        "invalid",
        `environment file ${file}, line ${index + 1}: ${name} is followed by a comment; write the comment on a line of its own, or the value in quotes`,
      );
    values[name] = quoted ?? value.trim();
  }
  return values;
}

/** The keys that a store's own client reads. A variable of another name is a secret if ossnap.yaml uses it as one, which settings tell. */
const KEY_VARIABLES = /^(?:ALIBABA_CLOUD|ALICLOUD|ALIYUN|OSS|AWS)_(?:\w+_)?(?:SECRET|SECRET_ACCESS_KEY|SECRET_KEY|TOKEN)$/;

/** Values that no output may show, in addition to the secrets in ossnap.yaml. */
export function secretsIn(environment: Environment): string[] {
  return Object.entries(environment).flatMap(([name, value]) => (KEY_VARIABLES.test(name) && value ? [value] : []));
}

function withoutUnset(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid may have no entry in the password file.
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
