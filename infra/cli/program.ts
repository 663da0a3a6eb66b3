import { Command, CommanderError, Option } from "commander";
import { messageOf } from "../../shared/model/errors.ts";
import { VERSION } from "../../shared/runtime/settings.ts";
import { type Answer, envelope, errorEnvelope } from "./answer.ts";
import type { Environment } from "./environment.ts";
import { EXIT, type ExitCode, problem, problemOf } from "./exitCodes.ts";
import { marked } from "./look.ts";
import { type GlobalOptions, openSession, type Session } from "./session.ts";
import { VERBS, type Verb } from "./verbs.ts";
import { WAIT_DEFAULT } from "./wait.ts";

/** Runs one command line and returns the exit code; never throws. */
export async function runCommand(given: readonly string[], shell: Environment): Promise<ExitCode> {
  // An optional value would consume the next word, so a bare `--wait` is replaced by its default.
  const words = given.map((word) => (word === "--wait" ? `--wait=${WAIT_DEFAULT}` : word));
  const stream = words.some((word) => word.startsWith("--wait="));
  const helpText: string[] = [];
  let ended: ExitCode = EXIT.ok;
  const program = buildProgram(helpText, async (options, run) => {
    ended = await runVerb(openSession(options, shell), run, stream);
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return ended;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return usageFault(openSession(globalsOf(words), shell), error, helpText.join("").trim(), stream);
  }
}

async function runVerb({ terminal, ...rest }: Session, run: (session: Session) => Promise<Answer>, stream: boolean): Promise<ExitCode> {
  try {
    const answer = await run({ terminal, ...rest });
    await terminal.answer(terminal.json ? envelope(answer, { at: new Date(), stream }) : answer.text(terminal.look()));
    return answer.exitCode;
  } catch (error) {
    const { problem: found, exitCode } = problemOf(error);
    if (terminal.json) await terminal.answer(errorEnvelope(found, exitCode, stream));
    terminal.fault(marked({ ...terminal.look(), colour: false }, "bad", messageOf(error)));
    return exitCode;
  }
}

/** Requested help is an answer; every other stop in commander is a command-line fault. */
async function usageFault({ terminal }: Session, error: CommanderError, text: string, stream: boolean): Promise<ExitCode> {
  if (error.exitCode === 0) {
    await terminal.answer(text);
    return EXIT.ok;
  }
  const detail = error.code === "commander.help" ? "no verb was given; ossnap --help lists them" : error.message.replace(/^error: /, "");
  if (terminal.json) await terminal.answer(errorEnvelope(problem("usage", detail), EXIT.usage, stream));
  terminal.fault(
    error.code === "commander.help" ? text : `${marked({ ...terminal.look(), colour: false }, "bad", detail)}\nSee: ossnap --help`,
  );
  return EXIT.usage;
}

type RunVerb = (options: GlobalOptions, run: (session: Session) => Promise<Answer>) => Promise<void>;

/** The table of verbs as commander commands; `jobs show` is a subcommand of `jobs`. */
function buildProgram(helpText: string[], runVerb: RunVerb): Command {
  const collect = (text: string) => void helpText.push(text);
  const program = new Command("ossnap")
    .description("Elasticsearch snapshots on Alibaba Cloud OSS: taken on time, thinned out, moved in, proven whole, restored.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: collect, writeErr: collect, outputError: () => undefined })
    .option("--config <file>", "the configuration (./ossnap.yaml)")
    .option("--env-file <file>", "NAME=value lines for what the shell does not set")
    .option("--json", "answers, and errors, as JSON on standard output")
    .option("-q, --quiet", "no notes and no progress")
    .option("--no-color", "no colours");
  const parents = new Map<string, Command>();
  for (const verb of VERBS) addVerb(program, parents, verb, runVerb);
  return program;
}

function addVerb(program: Command, parents: Map<string, Command>, verb: Verb, runVerb: RunVerb): void {
  const [first = "", second = ""] = verb.signature.split(" ");
  const parent = parents.get(first);
  const nested = parent !== undefined && /^[a-z]/.test(second);
  const command = nested ? parent.command(verb.signature.slice(first.length + 1)) : program.command(verb.signature);
  if (!nested) parents.set(first, command);
  command.description(verb.description);
  for (const { flags, text, choices } of verb.options)
    command.addOption(choices ? new Option(flags, text).choices([...choices]) : new Option(flags, text));
  command.action(async () => {
    const options = command.optsWithGlobals<GlobalOptions>();
    await runVerb(options, (session) => verb.run(session, command.args, options));
  });
}

/** The global options, when the line as a whole could not be parsed. */
function globalsOf(words: readonly string[]): GlobalOptions {
  return { json: words.includes("--json"), quiet: false, color: !words.includes("--no-color") };
}
