import { describe, expect, it } from "vitest";
import { arrivalDecisions } from "../verbs/arrival/decisions.ts";
import { backupDecisions } from "../verbs/backup/decisions.ts";
import { copyDecisions } from "../verbs/copy/decisions.ts";
import { decisionsText, faultySentences } from "../verbs/decisions.ts";
import { migrationDecisions } from "../verbs/migration/decisions.ts";
import { pruneDecisions } from "../verbs/prune/decisions.ts";
import { restoreDecisions } from "../verbs/restore/decisions.ts";
import { retireDecisions } from "../verbs/retire/decisions.ts";
import { verificationDecisions } from "../verbs/verification/decisions.ts";
import { expectGolden, expectNoOthers } from "./golden.ts";

const TABLES = {
  arrival: arrivalDecisions,
  backup: backupDecisions,
  copy: copyDecisions,
  migration: migrationDecisions,
  prune: pruneDecisions,
  restore: restoreDecisions,
  retire: retireDecisions,
  verification: verificationDecisions,
};

describe("the decisions of a step", () => {
  it.each(Object.entries(TABLES))("%s: are the recorded ones, in full", (verb, decisions) => {
    const decided = decisions();
    expect(new Set(decided.map(({ name }) => name)).size, "names of cases differ").toBe(decided.length);
    expectGolden("steps", `${verb}.txt`, decisionsText(decided));
  });

  it.each(Object.entries(TABLES))("%s: carry reasons whose sentences are complete", (_, decisions) => {
    const decided = decisions();
    expect(faultySentences(decided.map(({ name, decision }) => ({ name, reasons: [decision.reason] })))).toEqual([]);
  });

  it("are compared for every recorded file", () => {
    expectNoOthers(
      "steps",
      Object.keys(TABLES).map((verb) => `${verb}.txt`),
    );
  });
});
