import { defineConfig } from "vitest/config";

/** Everything that takes too long for `npm test`, on real servers or without: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ["test/**/*.long.test.ts"],
    testTimeout: 400_000,
    hookTimeout: 600_000,
    // A server spends much of its time waiting; more than two of them do not fit into the memory of a small machine.
    maxWorkers: 2,
  },
});
