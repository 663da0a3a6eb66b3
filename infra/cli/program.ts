import { type Command, CommanderError } from "commander";
import { linesOf } from "../../shared/model/errors.ts";
import { oneLine } from "../../shared/model/plainText.ts";
import { nearest } from "../../shared/repository/fault.ts";
import { type Answer, envelope, errorEnvelope } from "./answer.ts";
import { refuseMixture } from "./at/openAt.ts";
import type { Environment } from "./environment.ts";
import { EXIT, type ExitCode, problem, problemOf } from "./exitCodes.ts";
import { buildProgram, commandOf, optionsOf, valuedOf } from "./line/build.ts";
import { asHelpOption, readWords, withSuggestion } from "./line/readWords.ts";
import { programOf, type Started } from "./line/started.ts";
import { screenText } from "./screen/layout.ts";
import { marked } from "./screen/look.ts";
import type { Terminal } from "./screen/terminal.ts";
import { type GlobalOptions, openSession, type Session } from "./session.ts";

/** Runs one command line and returns the exit code; never throws. Printed commands name the program that was `started`. */
export async function runCommand(line: readonly string[], shell: Environment, started?: Started): Promise<ExitCode> {
  const helpText: string[] = [];
  let ended: ExitCode = EXIT.ok;
  const open = (options: GlobalOptions) => openSession(options, shell, programOf(started, shell, options));
  const program = buildProgram(programOf(started, shell, {}), helpText, async (options, verb, args) => {
    ended = await runVerb(open(options), () => verb.read(args, { ...options }), { stream: "wait" in options, isPlan: verb.isPlan });
  });
  const given = asHelpOption(line, valuedOf(program));
  try {
    await program.parseAsync(readWords(given, valuedOf(commandOf(program, given))), { from: "user" });
    return ended;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return usageFault(open(globalsOf(given)), program, { error, given, text: helpText.join("").trim() });
  }
}

type Run = (session: Session) => Promise<Answer>;

/** The line and the files that it names are read as a whole before the verb runs: a line with a fault does nothing. */
async function runVerb(session: Session, read: () => Run, { stream, isPlan }: { stream: boolean; isPlan: boolean }): Promise<ExitCode> {
  const { terminal } = session;
  const { program } = terminal.look();
  try {
    const run = read();
    refuseMixture(session.options);
    await readNamedFiles(session, isPlan);
    const answer = await run(session);
    const text = terminal.json
      ? envelope(answer, { at: new Date(), stream, program, target: session.options.at })
      : screenText(answer.text(terminal.look()), terminal.look());
    await terminal.answer(text);
    return answer.exitCode;
  } catch (error) {
    const { problem: found, exitCode } = problemOf(error);
    if (terminal.json) await terminal.answer(errorEnvelope(found, exitCode, { stream, program }));
    terminal.fault(faultLines(terminal, linesOf(error)));
    return exitCode;
  }
}

function faultLines(terminal: Terminal, [first = "", ...more]: readonly string[]): string[] {
  return [marked({ ...terminal.look(), colour: false }, "bad", first), ...more];
}

/** A file that the line names must be readable even when the verb could do without it. */
async function readNamedFiles({ options, environment, settings, planned }: Session, isPlan: boolean): Promise<void> {
  if (options.envFile !== undefined) environment();
  if (options.config !== undefined) await (isPlan ? planned() : settings());
}

interface Usage {
  error: CommanderError;
  given: readonly string[];
  text: string;
}

/** Requested help is an answer; every other stop in commander is a command-line fault. */
async function usageFault({ terminal }: Session, top: Command, { error, given, text }: Usage): Promise<ExitCode> {
  if (error.exitCode === 0) {
    await terminal.answer(screenText(text, terminal.look()));
    return EXIT.ok;
  }
  const { program } = terminal.look();
  const isEmpty = error.code === "commander.help";
  const command = commandOf(top, given);
  const detail = isEmpty ? "no command was given; `ossnap --help` lists the commands" : usageText(error, command, given);
  const stream = given.some((word) => /^--wait(=|$)/.test(word));
  if (terminal.json) await terminal.answer(errorEnvelope(problem("usage", detail), EXIT.usage, { stream, program }));
  const see = `See: ${pathOf(command)} --help`;
  terminal.fault(isEmpty ? text.split("\n") : [...faultLines(terminal, detail.split("\n")), see]);
  return EXIT.usage;
}

function usageText({ code, message }: CommanderError, command: Command, given: readonly string[]): string {
  const [, said = "", proposal = ""] = /^(?:error: )?(.*?)(\n\([^\n]*\))?$/s.exec(message) ?? [];
  // Commander quotes the words of the line as they are.
  const text = `${oneLine(said)}${proposal}`;
  if (code === "commander.unknownOption") return withSuggestion(text, optionsOf(command));
  if (code !== "commander.excessArguments") return text;
  const known = command.commands.map((one) => one.name());
  const meant = given.map((word) => nearest(word, known)).find((name) => name !== undefined);
  return meant === undefined ? text : `${text}\n(Did you mean ${command.name()} ${meant}?)`;
}

/** `ossnap jobs show`, as help calls it. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** The global options, when the line as a whole could not be parsed. */
function globalsOf(words: readonly string[]): GlobalOptions {
  return { json: words.includes("--json"), quiet: false, color: !words.includes("--no-color") };
}
