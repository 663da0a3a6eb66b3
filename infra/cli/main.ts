import { runCommand } from "./program.ts";

// The AWS SDK would print a notice about newer Node versions above every answer; Function Compute has none.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// A closed output (`| head`, a closed standard error) must not crash the command.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
const [, script = "", ...words] = process.argv;
// Node ends quietly when nothing is left that could wake it; a verb without an answer is a failure.
process.exitCode = 1;
// Not awaited: the bundle is CommonJS.
void runCommand(words, process.env, { script, cwd: process.cwd() }).then((exitCode) => process.exit(exitCode));
