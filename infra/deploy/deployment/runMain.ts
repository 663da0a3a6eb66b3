import { hasCode, messageOf } from "../../../shared/model/errors.ts";
import { EXIT } from "../../cli/exitCodes.ts";

/** Runs a command of npm with the words of its line: its result is the exit code, and an error one message and the code that the command line has for it. */
export async function runMain(main: (words: readonly string[]) => Promise<number>): Promise<void> {
  // A closed output (`| head`) must not stop a deployment in its middle.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    const isUsage = hasCode(error, "invalid") || error instanceof TypeError;
    process.exitCode = hasCode(error, "refused") ? EXIT.refused : isUsage ? EXIT.usage : EXIT.failed;
  }
}
