import { readFileSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "vitest/config";
import { editsOf, planted } from "./bug.ts";
import { PLANTED_BUGS } from "./bugs/all.ts";

/** The unit tests with one bug planted, which `OSSNAP_PLANTED` names. */
const bug = PLANTED_BUGS.find(({ name }) => name === process.env.OSSNAP_PLANTED);
if (!bug) throw new Error(`OSSNAP_PLANTED: no planted bug is called "${process.env.OSSNAP_PLANTED}"`);
const files = new Map(editsOf(bug).map(({ file }) => [path.resolve(file), file]));

export default defineConfig({
  root: path.resolve("."),
  test: { include: ["test/**/*.test.ts"], exclude: ["test/live/**"], testTimeout: 20_000 },
  plugins: [
    {
      name: "planted",
      enforce: "pre",
      transform(_code, id) {
        const file = files.get(id);
        return file === undefined ? undefined : { code: planted(bug, file, readFileSync(id, "utf8")), map: null };
      },
    },
  ],
});
