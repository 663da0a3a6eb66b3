import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const exclude = ["test/live/**", "test/**/*.{long,proof}.test.ts"];
/** They replace a module, or a variable that one reads once: those before them in the same process have loaded it already. */
const replacing = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((name) => `test/${name.replaceAll("\\", "/")}`)
  .filter((file) => /\.test\.ts$/.test(file) && !/\.(long|proof)\.test\.ts$|^test\/live\//.test(file))
  .filter((file) => /\bvi\.(mock|doMock|stubEnv)\(/.test(readFileSync(file, "utf8")));

/** Loading the source takes longer than most tests: files share a process, but for those that replace parts of it. */
export default defineConfig({
  test: {
    testTimeout: 20_000,
    // By default one core stays idle, which is half of a small machine.
    maxWorkers: availableParallelism(),
    projects: [
      { extends: true, test: { name: "shared", include: ["test/**/*.test.ts"], exclude: [...exclude, ...replacing], isolate: false } },
      { extends: true, test: { name: "own", include: replacing } },
    ],
  },
});
