import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FENCE = "`".repeat(3);

export interface Ended {
  exitCode: number;
  /** The line as it was typed, and all output. */
  text: string;
}

/** The lines of a guide's `sh` blocks, in order. */
export async function commandsOf(guide: string): Promise<string[]> {
  const text = await readFile(join(ROOT, guide), "utf8");
  const blocks = [...text.matchAll(new RegExp(`${FENCE}sh\\n([^]*?)${FENCE}`, "g"))];
  return blocks.flatMap(([, block = ""]) => block.trim().split("\n"));
}

/** As a person types it into a shell in the checkout. @param stand what the guide says is to be replaced. */
export function typed(line: string, stand: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): Promise<Ended> {
  const shown = Object.entries(stand).reduce((known, [name, value]) => known.replaceAll(name, value), line);
  const script = `ossnap() { node --import tsx -- infra/cli/main.ts "$@"; }; ${shown}`;
  return new Promise((resolve) => {
    execFile("sh", ["-c", script], { cwd: ROOT, env: { PATH: process.env.PATH, LANG: "C.UTF-8", ...env } }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), text: `${shown}\n${stdout}${stderr}` });
    });
  });
}
