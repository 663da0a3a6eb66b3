import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { VERBS } from "../../infra/cli/verbs.ts";
import { OUTCOMES } from "./cases.ts";
import { expectGolden, expectNoOthers } from "./golden.ts";
import { MIGRATION_VERBS } from "./migrationCases.ts";
import { lineText, verbText } from "./runCase.ts";
import { SHARING_VERBS } from "./sharingCases.ts";
import { newWorld } from "./stages.ts";
import { JOB_VERBS } from "./verbsJobs.ts";
import { READING_VERBS } from "./verbsReading.ts";
import { RESTORING_VERBS } from "./verbsRestoring.ts";
import { removeDirectories, STATE_VERBS } from "./verbsState.ts";
import { WORKING_VERBS } from "./verbsWorking.ts";

vi.mock("../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./memorySession.ts");
  return { ...(await original<typeof import("../../infra/cli/session.ts")>()), openSession: openMemorySession };
});
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  // Only a token has 32 random bytes.
  const randomBytes = (size: number) => (size === 32 ? Buffer.alloc(size, 7) : crypto.randomBytes(size));
  return { ...crypto, randomUUID: () => "00000000-0000-4000-8000-000000000001", randomBytes };
});

const ALL = [...STATE_VERBS, ...WORKING_VERBS, ...RESTORING_VERBS, ...READING_VERBS, ...JOB_VERBS, ...SHARING_VERBS, ...MIGRATION_VERBS];
/** `jobs show <id>` → `jobs-show.txt` */
const fileOf = (signature: string) => `${wordsOf(signature).join("-")}.txt`;
const wordsOf = (signature: string) => signature.split(" ").filter((word) => /^[a-z]/.test(word));

const USAGE = [
  [],
  ["dance"],
  ["bakcup", "nightly"],
  ["backup"],
  ["backup", "nightly", "weekly"],
  ["backup", "nightly", "--deep"],
  ["prune", "nightly", "--dry-run"],
  ["backup", "nightly", "--key", "--wait"],
  ["prune", "nightly", "--apply", "1", "--apply", "2"],
  ["jobs", "show"],
  ["jobs", "--kind"],
  ["verify", "backups", "--level", "guess"],
  ["restore", "snap-1", "--replicas"],
];

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(() => {
  vi.useRealTimers();
  removeDirectories();
});

describe("the command line's answers", () => {
  it.each(ALL.map((verb) => [verb.signature, verb] as const))("of %s are as recorded, as text and as JSON", async (signature, verb) => {
    expectGolden("cli", fileOf(signature), await verbText(verb));
  });

  it("cover every verb and, of each, every outcome that it has", () => {
    expect(ALL.map(({ signature }) => signature).sort()).toEqual(VERBS.map(({ signature }) => signature).sort());
    for (const { signature, cases, without } of ALL)
      for (const outcome of OUTCOMES) {
        const has = cases.some((one) => one.outcome === outcome);
        expect(has !== outcome in without, `${signature}: ${outcome} is recorded, or the reason for its absence`).toBe(true);
      }
    expectNoOthers("cli", [...ALL.map(({ signature }) => fileOf(signature)), "help.txt", "usage.txt"]);
  });

  it("are the recorded help, of the program and of every verb", async () => {
    const lines = [["--help"], ...VERBS.map(({ signature }) => [...wordsOf(signature), "--help"]), ["--version"]];
    const texts: string[] = [];
    for (const words of lines) texts.push(await lineText(words, { world: await newWorld() }));
    expectGolden("cli", "help.txt", `${texts.join("\n\n")}\n`);
  });

  it("are the recorded errors for invalid command lines", async () => {
    const texts: string[] = [];
    for (const words of USAGE.flatMap((line) => [line, [...line, "--json"]]))
      texts.push(await lineText(words, { world: await newWorld() }));
    expectGolden("cli", "usage.txt", `${texts.join("\n\n")}\n`);
  });
});
