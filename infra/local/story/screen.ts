import pc from "picocolors";
import type { StoryScreen } from "./stage.ts";

export interface Screen extends StoryScreen {
  table(rows: readonly (readonly [string, string])[]): void;
  end(): void;
}

/** On a terminal one line is redrawn; elsewhere each completed step gets its own line. */
export function terminalScreen(stream: NodeJS.WriteStream): Screen {
  const redraws = stream.isTTY === true;
  const width = () => (stream.columns ?? 100) - 4;
  const clear = () => {
    if (redraws) stream.write("\r\u001b[K");
  };
  let last = "";
  return {
    chapter(title) {
      clear();
      stream.write(`\n${pc.bold(title)}\n`);
    },
    progress(text) {
      if (text === last) return;
      last = text;
      if (redraws) stream.write(`\r\u001b[K  ${pc.dim(`… ${text}`.slice(0, width()))}`);
      else stream.write(`  … ${text}\n`);
    },
    done(text) {
      clear();
      last = "";
      stream.write(`  ${pc.green("✓")} ${text}\n`);
    },
    table(rows) {
      clear();
      const first = Math.max(...rows.map(([name]) => name.length));
      stream.write("\n");
      for (const [name, value] of rows) stream.write(`  ${pc.dim(name.padEnd(first))}  ${value}\n`);
    },
    end: clear,
  };
}
