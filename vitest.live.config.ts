import { defineConfig } from "vitest/config";

/** Tests against real servers, which they download and start: `npx vitest run --config vitest.live.config.ts`. */
export default defineConfig({
  test: {
    include: ["test/live/**/*.test.ts"],
    exclude: ["test/**/*.long.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
