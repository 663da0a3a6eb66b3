import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { AppError, messageOf } from "../../shared/model/errors.ts";
import { BUNDLED, IMPORT_META_URL } from "./bundle.ts";
import { leavingOut } from "./bundling/leftOut.ts";
import { vendorsInside } from "./bundling/vendorsInside.ts";

/**
 * A shell starts Node, because only what stands behind `--` is not read by Node itself: up to version 20 it takes `--env-file` for its own
 * wherever it stands, and ends with 9 when there is no such file. To Node the second line is a string and a comment.
 * Not `env -S`: BusyBox has no such option.
 */
const START = `#!/bin/sh
':' //; exec node -- "$0" "$@"
`;

export interface CommandBundle {
  /** Absolute path of the executable file. */
  path: string;
  sizeBytes: number;
}

/**
 * Writes the command line as one executable file that needs nothing but Node 20.10; package.json's `bin` is this file.
 * Throws `invalid` with the bundler's own message.
 */
export async function bundleCommand(outFile = "dist/ossnap.cjs"): Promise<CommandBundle> {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
  const path = resolve(root, outFile);
  await mkdir(dirname(path), { recursive: true });
  try {
    await build({
      ...BUNDLED,
      plugins: [vendorsInside({ ...BUNDLED, banner: { js: IMPORT_META_URL } }, root), leavingOut()],
      entryPoints: [join(root, "infra/cli/main.ts")],
      outfile: path,
      banner: { js: START + IMPORT_META_URL },
    });
  } catch (error) {
    throw new AppError("invalid", `bundle of the command: ${messageOf(error)}`, { cause: error });
  }
  await chmod(path, 0o755);
  return { path, sizeBytes: (await stat(path)).size };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { sizeBytes } = await bundleCommand();
    process.stdout.write(`${"ossnap".padEnd(16)} ${String(Math.ceil(sizeBytes / 1024)).padStart(6)} KB\n`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 2;
  }
}
