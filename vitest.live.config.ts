import { defineConfig } from "vitest/config";

/** Tests against real servers, which they download and start: `npx vitest run --config vitest.live.config.ts`. */
export default defineConfig({
  test: {
    include: ["test/live/**/*.test.ts"],
    exclude: ["test/**/*.{long,proof}.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    // A server spends much of its time waiting; more than two files do not fit into the memory of a small machine.
    maxWorkers: 2,
  },
});
