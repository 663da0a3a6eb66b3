import { join } from "node:path";
import { fillOnce, openPlaces } from "../host/places.ts";
import { runProgram } from "./runProgram.ts";

/**
 * Installs packages from PyPI in a virtual environment of their own, once per user of the machine, and returns its `bin` directory. Each of `installs` is
 * what one `pip install` gets.
 */
export async function installFromPyPi(
  { name, version, onNote }: { name: string; version: string; onNote: (text: string) => void },
  ...installs: readonly (readonly string[])[]
): Promise<string> {
  const { tools } = await openPlaces();
  const directory = join(tools, `${name.toLowerCase()}-${version}`);
  await fillOnce(directory, async (temporary) => {
    const purpose = `${name} ${version} from PyPI`;
    onNote(`installing ${purpose}`);
    await runProgram(purpose, "python3", ["-m", "venv", temporary]);
    for (const install of installs)
      await runProgram(purpose, join(temporary, "bin", "python3"), ["-m", "pip", "install", "--quiet", ...install]);
  });
  return join(directory, "bin");
}
