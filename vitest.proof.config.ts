import { defineConfig } from "vitest/config";

/** What takes too long even for `npm run test:long`: `npm run proof`, or one file of it. */
export default defineConfig({
  test: {
    include: ["test/**/*.proof.test.ts"],
    testTimeout: 400_000,
    hookTimeout: 600_000,
    // A server spends much of its time waiting; more than two of them do not fit into the memory of a small machine.
    maxWorkers: 2,
  },
});
