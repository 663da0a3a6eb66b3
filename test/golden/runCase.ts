import { vi } from "vitest";
import { runCommand } from "../../infra/cli/program.ts";
import { shellLine } from "../../shared/words/command.ts";
import type { VerbCase, VerbCases } from "./cases.ts";
import { enter, type Outputs, type Stage } from "./memorySession.ts";

/** One verb's golden file: every case as text and as JSON. */
export async function verbText({ signature, cases, without }: VerbCases): Promise<string> {
  const sections = [`# ossnap ${signature}`];
  for (const one of cases) sections.push(await caseText(one));
  for (const [outcome, why] of Object.entries(without)) sections.push(`## ${outcome}: there is none: ${why}`);
  return `${sections.join("\n\n")}\n`;
}

/** Each run starts on a new stage, so the second one does not see the effects of the first. */
async function caseText({ outcome, title, words, stage }: VerbCase): Promise<string> {
  const texts: string[] = [];
  for (const options of [[], ["--json"]]) {
    const entered = await stage();
    const line = typeof words === "function" ? await words(entered.world) : words;
    texts.push(await lineText([...line, ...options], entered));
  }
  return `## ${outcome}: ${title}\n${texts.join("\n\n")}`;
}

/** `$ ossnap …`, the exit code and both outputs; JSON is indented, and its members keep their order. */
export async function lineText(words: readonly string[], stage: Stage, isAt = false): Promise<string> {
  const outputs: Outputs = { stdout: "", stderr: "" };
  enter(stage, outputs, isAt);
  vi.setSystemTime(stage.world.now());
  const exitCode = await runCommand(words, {});
  const stdout = words.includes("--json") ? laidOut(outputs.stdout) : outputs.stdout;
  const parts = [`$ ossnap ${shellLine(words)}`, `exit ${exitCode}`];
  for (const [name, text] of Object.entries({ stdout, stderr: outputs.stderr })) if (text !== "") parts.push(`--- ${name}`, text.trimEnd());
  return (stage.masks ?? []).reduce((text, [varying, mask]) => text.replaceAll(varying, mask), parts.join("\n"));
}

function laidOut(lines: string): string {
  const documents = lines.split("\n").filter((line) => line !== "");
  return documents.map((line) => JSON.stringify(JSON.parse(line), null, 2)).join("\n");
}
