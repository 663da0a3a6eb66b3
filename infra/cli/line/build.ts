import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { VERSION } from "../../../shared/runtime/settings.ts";
import { shellLine } from "../../../shared/words/command.ts";
import { COLUMNS } from "../screen/layout.ts";
import type { GlobalOptions } from "../session.ts";
import { VERBS } from "../verbs.ts";
import type { Verb } from "./verb.ts";

const GLOBALS: readonly (readonly [flags: string, text: string, choices?: readonly string[]])[] = [
  ["--config <file>", "the configuration (./ossnap.yaml)"],
  ["--env-file <file>", "NAME=value lines for variables that the shell does not set"],
  ["--at <where>", "ask the HTTP function: fc, the deployed one (--url or OSSNAP_HTTP_URL), or local, that of npm start", ["fc", "local"]],
  ["--url <address>", "of the HTTP function, with --at fc"],
  ["--json", "answers and errors as JSON on standard output"],
  ["-q, --quiet", "no notes and no progress"],
  ["--no-color", "no colours"],
];

/** Commander would use the whole width of a terminal. */
const helpWidth = () => Math.min(process.stdout.columns || HELP_COLUMNS, COLUMNS);
const HELP_COLUMNS = 80;

const EXIT_HELP = `
Exit codes:
  0    done, or requested
  1    failed
  2    the command line or ossnap.yaml is wrong
  3    not whole: blobs are missing or damaged
  4    refused; nothing was changed
  5    the state changed since the plan was made
  6    still running when --wait ran out
  130  interrupted`;

const GROUPS: Readonly<Record<string, string>> = {
  migrate: "move from one cluster to another: status, sync, cutover, rollback, policies",
  shared: "automatic snapshots of other instances of Alibaba Cloud: list, add, remove",
};

export type RunVerb = (options: GlobalOptions, verb: Verb, args: readonly string[]) => Promise<void>;

/** The table of verbs as commander commands, called `name` in help; `jobs show` is a subcommand of `jobs`. */
export function buildProgram(name: string, helpText: string[], runVerb: RunVerb): Command {
  const collect = (text: string) => void helpText.push(text);
  const program = new Command(name)
    .description("Elasticsearch snapshots on Alibaba Cloud OSS: taken on time, thinned out, moved in, proven whole, restored.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: collect,
      writeErr: collect,
      outputError: () => undefined,
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
    });
  program.addHelpText("after", EXIT_HELP);
  for (const [flags, text, choices] of GLOBALS) program.addOption(optionOf({ flags, text, choices }));
  const parents = new Map<string, Command>();
  for (const verb of VERBS) addVerb(program, parents, verb, runVerb);
  return program;
}

function addVerb(program: Command, parents: Map<string, Command>, verb: Verb, runVerb: RunVerb): void {
  const [first = "", second = ""] = verb.signature.split(" ");
  const isWord = /^[a-z]/.test(second);
  // A word that is no verb itself, such as `shared`, only gathers those below it.
  if (isWord && !parents.has(first)) parents.set(first, program.command(first).description(GROUPS[first] ?? ""));
  const parent = parents.get(first);
  const nested = parent !== undefined && isWord;
  const command = nested ? parent.command(verb.signature.slice(first.length + 1)) : program.command(verb.signature);
  if (!nested) parents.set(first, command);
  command.description(verb.description).addHelpText("after", `\nExample:\n  ${program.name()} ${shellLine(verb.example)}`);
  for (const option of verb.options) command.addOption(optionOf(option));
  command.action(async () => {
    await runVerb(command.optsWithGlobals<GlobalOptions>(), verb, command.args);
  });
}

function optionOf({ flags, text, choices }: { flags: string; text: string; choices?: readonly string[] | undefined }): Option {
  return onceOnly(choices ? new Option(flags, text).choices([...choices]) : new Option(flags, text));
}

/** Of two values commander would silently use the last one, and a flag given twice is a slip of the hand. */
function onceOnly(option: Option): Option {
  if (option.variadic) return option;
  if (!option.required && !option.optional) return flagOnce(option);
  const { parseArg } = option;
  return option.argParser((value: string, previous: unknown) => {
    if (previous !== undefined) throw new InvalidArgumentError("It is given twice; give it once.");
    return parseArg ? parseArg(value, undefined) : value;
  });
}

/** Commander calls a flag's parser only if the flag has a preset; `--no-color` is known as `color: true` before the line is read. */
function flagOnce(option: Option): Option {
  const given = !option.negate;
  return option.preset("").argParser((_preset: string, previous: unknown) => {
    if (previous === given)
      throw new CommanderError(2, "ossnap.givenTwice", `error: option '${option.flags}' is given twice; give it once`);
    return given;
  });
}

/** The command that the line names, as far as its words lead. */
export function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const [at, word] of words.entries()) {
    if (word.startsWith("-") || valuedOf(command).has(words[at - 1] ?? "")) continue;
    const named = command.commands.find((one) => one.name() === word);
    if (named === undefined) return command;
    command = named;
  }
  return command;
}

/** The long options of the command that require a value. */
export function valuedOf(command: Command): Set<string> {
  const own = command.options.flatMap(({ long, required }) => (long && required ? [long] : []));
  return new Set(command.parent ? [...own, ...valuedOf(command.parent)] : own);
}

/** The long options that the command accepts. */
export function optionsOf(command: Command): string[] {
  const own = command.options.flatMap(({ long }) => long ?? []);
  return command.parent ? [...own, ...optionsOf(command.parent)] : [...own, "--help"];
}
