import { accessSync, constants, realpathSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { shellLine } from "../../../shared/words/command.ts";
import type { Environment } from "../environment.ts";

/** How this process was started. */
export interface Started {
  /** Absolute path of the script, as in `process.argv[1]`: a link, the bundle, or `infra/cli/main.ts` of a checkout. */
  script: string;
  cwd: string;
}

/** The options that a command needs in order to see the same deployment again. */
export interface Carried {
  config?: string | undefined;
  envFile?: string | undefined;
  at?: string | undefined;
  url?: string | undefined;
}

const NAME = "ossnap";
/** The npm script of the checkout's package.json. */
const NPM_SCRIPT = ["run", "-s", NAME, "--"];

/**
 * What a person types to start ossnap again in the same way, quoted for the shell, with their own `--config`, `--env-file`, `--at` and `--url`:
 * `ossnap`, `npx ossnap`, `npm run -s ossnap -- --config prod.yaml`. Without `started` it is `ossnap`.
 */
export function programOf(started: Started | undefined, environment: Environment, { config, envFile, at: where, url }: Carried): string {
  const { words, from } = starterOf(started, environment);
  const at = (path: string) => (from === undefined ? path : resolve(from, path));
  // A program that starts elsewhere would not find the default configuration either.
  const named = config ?? (from === undefined || where !== undefined ? undefined : "ossnap.yaml");
  return shellLine([
    ...words,
    ...(named === undefined ? [] : ["--config", at(named)]),
    ...(envFile === undefined ? [] : ["--env-file", at(envFile)]),
    ...(where === undefined ? [] : ["--at", where]),
    ...(url === undefined ? [] : ["--url", url]),
  ]);
}

interface Starter {
  words: string[];
  /** The directory from which relative paths were read, when the program changes to another one. */
  from?: string;
}

function starterOf(started: Started | undefined, environment: Environment): Starter {
  if (started === undefined) return { words: [NAME] };
  const { script, cwd } = started;
  if (script.endsWith(".ts")) return sourceStarter(script, cwd, environment);
  const found = onPath(environment.PATH ?? "");
  if (found === undefined || !isSame(found, script)) return { words: ["node", "--", script] };
  // npm extends PATH for its own children only.
  const isNpm = environment.npm_command !== undefined && basename(dirname(found)) === ".bin";
  return { words: isNpm ? ["npx", NAME] : [NAME] };
}

/** npm runs a package's scripts in the package's directory; INIT_CWD is where the user is. */
function sourceStarter(script: string, cwd: string, environment: Environment): Starter {
  const root = resolve(dirname(script), "../..");
  const elsewhere = ["npm", "--prefix", root, ...NPM_SCRIPT];
  if (environment.npm_lifecycle_event === NAME && environment.npm_package_name === NAME)
    return { words: isWithin(root, environment.INIT_CWD ?? cwd) ? ["npm", ...NPM_SCRIPT] : elsewhere };
  return cwd === root ? { words: ["npm", ...NPM_SCRIPT] } : { words: elsewhere, from: cwd };
}

function onPath(path: string): string | undefined {
  const candidates = path.split(delimiter).flatMap((directory) => (directory === "" ? [] : [join(directory, NAME)]));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isSame(file: string, other: string): boolean {
  try {
    return realpathSync(file) === realpathSync(other);
  } catch {
    return false;
  }
}

function isWithin(root: string, directory: string): boolean {
  const path = relative(root, directory);
  return !path.startsWith("..") && !isAbsolute(path);
}
