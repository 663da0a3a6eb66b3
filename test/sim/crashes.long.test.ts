import { describe } from "vitest";
import { survivesEvery } from "./everyCrash.ts";

/** The other short scenarios and kinds of crash take longer; what they do not contain is left to the full run (`--crashes`). */
describe("one crash at every single request", () => {
  survivesEvery([
    ["backup", "kill"],
    ["prune", "kill"],
  ]);
});
