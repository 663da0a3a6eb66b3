import pc from "picocolors";
import { COLUMNS, wrapped } from "../../cli/screen/layout.ts";
import type { StoryScreen } from "./stage.ts";

/** Lines that continue another one. */
const HANGING = 6;

export interface Screen extends StoryScreen {
  /** Why the story ends here. */
  failed(text: string): void;
  table(rows: readonly (readonly [string, string])[]): void;
  end(): void;
}

/** Every completed line stays readable on a terminal of the usual width, whatever its own. */
const linesOf = (text: string, first: string, indent: number) => wrapped(text, { width: COLUMNS, indent, first });

/** On a terminal one line is redrawn; elsewhere each completed step gets its own line. */
export function terminalScreen(stream: NodeJS.WriteStream): Screen {
  const redraws = stream.isTTY === true;
  const width = () => (stream.columns ?? 100) - 4;
  const clear = () => {
    if (redraws) stream.write("\r\u001b[K");
  };
  let last = "";
  const completed = (text: string, sign: string) => {
    clear();
    last = "";
    const [start = "", ...more] = linesOf(text, "  * ", HANGING);
    stream.write(`${[start.replace("*", sign), ...more].join("\n")}\n`);
  };
  return {
    chapter(title) {
      clear();
      stream.write(`\n${pc.bold(title)}\n`);
    },
    progress(text) {
      if (text === last) return;
      last = text;
      if (redraws) stream.write(`\r\u001b[K  ${pc.dim(`… ${text}`.slice(0, width()))}`);
      else stream.write(`${linesOf(text, "  … ", HANGING).join("\n")}\n`);
    },
    done: (text) => completed(text, pc.green("✓")),
    failed: (text) => completed(text, pc.red("✗")),
    table(rows) {
      clear();
      const first = Math.max(...rows.map(([name]) => name.length));
      stream.write("\n");
      for (const [name, value] of rows) {
        const head = `  ${name.padEnd(first)}  `;
        const text = linesOf(value, head, head.length).join("\n");
        stream.write(`${text.replace(name, pc.dim(name))}\n`);
      }
    },
    end: clear,
  };
}
