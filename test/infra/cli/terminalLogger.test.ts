import { describe, expect, it } from "vitest";
import { terminalLogger } from "../../../infra/cli/session.ts";

describe("log lines on a terminal", () => {
  const notes: string[] = [];
  const logger = terminalLogger({ note: (text) => void notes.push(text) });

  it("repeat nothing that the answer itself reports", () => {
    logger.warn("request failed", { store: "oss://b", error: "oss://b: 503" });
    logger.warn("request was slow", { store: "oss://b", milliseconds: 9000 });
    logger.info("anything");
    expect(notes).toEqual([]);
  });

  it("show what would be seen nowhere else", () => {
    logger.warn("notice", { text: "backup nightly is late" });
    logger.error("notice not delivered", { error: "webhook: 404" });
    logger.warn("gather failed", { job: "backup-1", error: "cluster source: connection refused" });
    expect(notes).toEqual([
      "backup nightly is late",
      "notice not delivered: webhook: 404",
      "gather failed: backup-1: cluster source: connection refused",
    ]);
  });
});
