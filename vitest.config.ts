import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/live/**", "test/**/*.long.test.ts"],
    testTimeout: 20_000,
    // By default one core stays idle, which is half of a small machine.
    maxWorkers: availableParallelism(),
  },
});
