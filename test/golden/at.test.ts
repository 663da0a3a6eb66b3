import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { VerbCase } from "./cases.ts";
import { MIGRATION_VERBS } from "./migrationCases.ts";
import { lineText } from "./runCase.ts";
import { SHARING_VERBS } from "./sharingCases.ts";
import { JOB_VERBS } from "./verbsJobs.ts";
import { READING_VERBS } from "./verbsReading.ts";
import { RESTORING_VERBS } from "./verbsRestoring.ts";
import { removeDirectories, STATE_VERBS } from "./verbsState.ts";
import { WORKING_VERBS } from "./verbsWorking.ts";

vi.mock("../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./memorySession.ts");
  return { ...(await original<typeof import("../../infra/cli/session.ts")>()), openSession: openMemorySession };
});
vi.mock("node:crypto", async (original) => ({
  ...(await original<typeof import("node:crypto")>()),
  randomUUID: () => "00000000-0000-4000-8000-000000000001",
}));

/** What only runs where the command does, with the sentence that says why. */
const HERE: Readonly<Record<string, string>> = {
  init: "--at: init writes the identity of the state, without which no function runs; leave --at out",
  tick: "--at: tick is the turn of a machine without functions; leave --at out",
  token: "--at: a token is made where it is asked for; leave --at out",
  policies: "--at: policies reads ossnap.yaml alone; leave --at out",
  "plan-prune": "--at: plan-prune reads a file and needs neither a cluster nor a state; leave --at out",
  "verify <place>": "--at: verify reads the bucket from where it runs",
};

const ALL = [...STATE_VERBS, ...WORKING_VERBS, ...RESTORING_VERBS, ...READING_VERBS, ...JOB_VERBS, ...SHARING_VERBS, ...MIGRATION_VERBS];
const CASES = ALL.flatMap(({ signature, cases }) => cases.map((one) => [`${signature}: ${one.title}`, signature, one] as const));

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(() => {
  vi.useRealTimers();
  removeDirectories();
});

async function said({ words, stage }: VerbCase, options: readonly string[], isAt: boolean): Promise<string> {
  const entered = await stage();
  const line = typeof words === "function" ? await words(entered.world) : words;
  const text = await lineText([...line, ...options], entered, isAt);
  return MASKS.reduce((masked, [pattern, mask]) => masked.replaceAll(pattern, mask), text);
}

/** What must differ: who asked, where, and with which key of its own; and that whoever asks the functions knows that they are there. */
const MASKS: readonly (readonly [pattern: RegExp, mask: string])[] = [
  [/ops \(http\)/g, "li (terminal)"],
  [/"target": "fc"/g, '"target": "local"'],
  [/backup-[0-9a-f]{16}/g, "backup-0123456789abcdef"],
  [/Only a terminal has advanced .*\n.*\nWhether they do is .*/g, "The job continues."],
];

const isPlace = ({ words }: VerbCase) => Array.isArray(words) && words[0] === "snapshots" && /^[a-z]/.test(words[1] ?? "");

describe("ossnap --at", () => {
  const through = CASES.filter(([, signature, one]) => !(signature in HERE || isPlace(one)));
  it.each(through)("answers %s as without it: output, JSON and exit code", async (_title, _signature, one) => {
    for (const options of [[], ["--json"]]) expect(await said(one, options, true)).toBe(await said(one, options, false));
  });

  it.each(CASES.filter(([, signature, { outcome }]) => signature in HERE && outcome === "ok"))(
    "says in one sentence that it is no way for %s",
    async (_title, signature, one) => {
      const text = (await said(one, [], true)).replace(/(?<=.)\n {2,}/g, " ");
      expect(text).toContain("exit 2");
      expect(text).toContain(HERE[signature]);
    },
  );

  it("says so of a place that is read from where the command runs", async () => {
    const [, , one] = CASES.find(([, , found]) => isPlace(found)) ?? expect.fail("no case");
    expect(await said(one, [], true)).toContain("✗ --at: a place is read from where the command runs, with the keys that it has");
  });
});
