import { readFileSync } from "node:fs";
import { AppError, messageOf } from "../../../shared/model/errors.ts";
import { importCuratorText } from "../../../shared/runtime/importCurator.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import type { Session } from "../session.ts";

/** The policies that correspond to an action file of Curator, as YAML with what has no equivalent as comments; reads the file, nothing else. */
export async function importCurator(_session: Session, { file }: { file: string }): Promise<Answer> {
  const { yaml, notes } = importCuratorText(read(file));
  const text = () => [...notes.map((note) => `# ${say(note)}`), yaml.trimEnd()].join("\n");
  return { schema: "import/1", data: { yaml, notes }, exitCode: EXIT.ok, text };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new AppError("invalid", `${file}: cannot be read (${messageOf(error)}); name Curator's action file`, { cause: error });
  }
}
