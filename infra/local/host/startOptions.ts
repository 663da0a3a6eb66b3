import { existsSync } from "node:fs";
import { AppError } from "../../../shared/model/errors.ts";
import { elasticsearchVersion } from "../servers/elasticsearchVersions.ts";
import type { Versions } from "./plan.ts";

export const USAGE = `usage: npm start [-- [--help] [--once] [--json] [--versions SOURCE,TARGET] [--data DIR] [--config FILE]]
  --help      this text
  --once      end after the story
  --json      one JSON line on standard output
  --versions  which Elasticsearch at either end, for example 6.7.0,7.10.2; 5.5.2,5.5.3 when left out
  --data      keep everything in this directory, and continue from what it contains: stopped, or killed at any moment
  --config    play no story: serve this configuration, with three documents on the source, until Ctrl-C`;

export interface StartOptions {
  /** Only the usage is wanted. */
  help: boolean;
  once: boolean;
  json: boolean;
  versions: Versions | undefined;
  data: string | undefined;
  config: string | undefined;
}

const FLAGS: Readonly<Record<string, "help" | "once" | "json">> = { "--help": "help", "-h": "help", "--once": "once", "--json": "json" };

/**
 * The arguments after `npm start --`.
 * @throws AppError `invalid`, with the option and its fix, for an unknown option, for versions that are not a pair or cannot be run,
 * and for a file that is not there.
 */
export function readStartOptions(args: readonly string[]): StartOptions {
  const options: StartOptions = { help: false, once: false, json: false, versions: undefined, data: undefined, config: undefined };
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    const [name, value] = splitOption(arg);
    const flag = value === undefined ? FLAGS[name] : undefined;
    if (flag) options[flag] = true;
    else if (name === "--versions") options.versions = readVersions(value ?? left.shift());
    else if (name === "--data") options.data = readDirectory(value ?? left.shift());
    else if (name === "--config") options.config = readConfig(value ?? left.shift());
    else throw new AppError("invalid", `${arg}: is not an option`);
  }
  refuseMixture(options);
  return options;
}

function refuseMixture({ config, once, json }: StartOptions): void {
  if (config === undefined || !(once || json)) return;
  throw new AppError("invalid", "--config: it plays no story, which --once and --json are for: leave them out");
}

/** Accepts `--name=value` as well as `--name value`. */
function splitOption(arg: string): [string, string | undefined] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

function readDirectory(text: string | undefined): string {
  if (!text || text.startsWith("--"))
    throw new AppError("invalid", `--data: "${text ?? ""}" is no directory: write it as --data /var/tmp/movies`);
  return text;
}

function readConfig(text: string | undefined): string {
  if (!text || text.startsWith("--") || !existsSync(text))
    throw new AppError("invalid", `--config: "${text ?? ""}" is no file: write it as --config infra/local/migrating.yaml`);
  return text;
}

function readVersions(text: string | undefined): Versions {
  const [source, target, ...more] = (text ?? "").split(",").map((version) => version.trim());
  if (!source || !target || more.length > 0)
    throw new AppError("invalid", `--versions: "${text ?? ""}" is not a source's and a target's version: write them as 6.7.0,7.10.2`);
  for (const version of [source, target]) elasticsearchVersion(version);
  return { source, target };
}
