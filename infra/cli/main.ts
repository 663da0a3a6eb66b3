import { runCommand } from "./program.ts";

// The AWS SDK would print an advertisement for newer Nodes above every answer; Function Compute has none.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// A reader that went away (`| head`, a closed standard error) is no reason to crash.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exit(await runCommand(process.argv.slice(2), process.env));
