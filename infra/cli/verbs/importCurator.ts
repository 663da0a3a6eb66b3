import { readFileSync } from "node:fs";
import { AppError, fileFaultOf } from "../../../shared/model/errors.ts";
import { type ImportedText, importCuratorText } from "../../../shared/runtime/importCurator.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import type { Session } from "../session.ts";

/** The policies that correspond to an action file of Curator, as YAML with what has no equivalent as comments; reads the file, nothing else. */
export async function importCurator(session: Session, { file }: { file: string }): Promise<Answer> {
  const actions = read(file);
  const call = { method: "POST", path: "/imports/curator", body: { file: actions } } as const;
  const { yaml, notes } = session.api ? ((await session.api(call)).body as ImportedText) : importCuratorText(actions);
  const text = () => [...notes.flatMap((note) => commentLines(say(note))), yaml.trimEnd()].join("\n");
  return { schema: "import/1", data: { yaml, notes }, exitCode: EXIT.ok, text };
}

const COMMENT_WIDTH = 90;

/** Every line is a comment, so that the answer can be written to a file as it is. */
function commentLines(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + word.length > COMMENT_WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line, at) => (at === 0 ? `# ${line}` : `#   ${line}`));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new AppError("invalid", `${file}: ${fileFaultOf(error)}; name Curator's action file`, { cause: error });
  }
}
