import { describe, expect, it } from "vitest";
import type { Decision, Look, StepContext } from "../../shared/jobs/kind.ts";
import type { Job, JobRecord } from "../../shared/jobs/record.ts";
import { stepJob } from "../../shared/jobs/step.ts";
import { AppError } from "../../shared/model/errors.ts";
import { reason } from "../../shared/model/reason.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { each, type Ground, outcomes, PATIENCE_MINUTE } from "../verbs/walk.ts";
import { type Data, ID, setting, WHY } from "./stepSetting.ts";

const MADE: Look<Data> = { found: "ours", state: "running", reason: WHY, data: { made: true } };
const NONE: Look<Data> = { found: "none" };
const FOREIGN: Look<Data> = { found: "foreign", reason: reason("name.taken") };
const REFUSALS = ["conflict", "denied", "absent", "invalid", "permanent", "transient"] as const;
/** Each decision ends its case: on the second call the kind's step returns a wait. */
const DECISIONS: Record<string, Decision<Data>> = {
  effect: { do: "effect", effect: "make", args: {}, reason: WHY, data: {} },
  record: { do: "record", state: "running", reason: WHY, data: { made: true } },
  ending: { do: "record", state: "done", reason: WHY, data: {} },
  wait: { do: "wait", reason: reason("lane.busy") },
  ownWait: { do: "wait", own: true, reason: WHY },
};

interface Case {
  decision: keyof typeof DECISIONS;
  claim: "none" | "valid" | "over";
  patient: boolean;
  paused: boolean;
  /** When the invocation's time is up. */
  late: "never" | "atFirst" | "afterClaim";
  before: Look<Data> | "throws";
  done: boolean;
  answer: "accepted" | "fault" | (typeof REFUSALS)[number];
  after: Look<Data> | "throws" | "madeLater";
  /** The record that another writer appends first. */
  lost: "none" | "first" | "second";
}

const heads = each({
  claim: ["none", "valid", "over"] as const,
  patient: [true, false],
  paused: [true, false],
  lost: ["none", "first", "second"] as const,
});
const worlds = [
  ...each({ before: [MADE, FOREIGN, "throws" as const], done: [false], answer: ["accepted" as const], after: [NONE] }),
  { before: NONE, done: true, answer: "accepted" as const, after: NONE },
  ...each({
    before: [NONE],
    done: [false],
    answer: ["accepted" as const, "fault" as const, ...REFUSALS],
    after: [MADE, NONE, FOREIGN, "throws" as const, "madeLater" as const],
  }),
];
const [still] = worlds as [(typeof worlds)[number]];
const CASES: Case[] = [
  ...heads.flatMap((head) =>
    worlds.flatMap((world) =>
      each({ late: ["never", "atFirst", "afterClaim"] as const }).map((late) => ({ decision: "effect", ...head, ...world, ...late })),
    ),
  ),
  ...heads.flatMap((head) =>
    each({ decision: ["record", "ending", "wait", "ownWait"], late: ["never", "atFirst"] as const }).map((one) => ({
      ...head,
      ...still,
      ...one,
    })),
  ),
];

interface Ran {
  requests: number;
  /** The head at the time of the request. */
  asked: JobRecord<Data> | undefined;
  head: JobRecord<Data> | undefined;
  left: boolean;
  first: JobRecord<Data>;
}

async function run(one: Case): Promise<Ran> {
  const world = await setting();
  const { log } = world.context("other");
  if (one.claim !== "none") {
    const until = new Date(world.context().clock.now().getTime() + (one.claim === "valid" ? 5 * 3_600_000 : 1)).toISOString();
    const claim = { effect: "make", args: {}, attempt: 1, until };
    await log.append(ID, (await world.open()).head, { state: "asked", reason: WHY, data: {}, claim });
  }
  world.advance(one.patient ? 10 : PATIENCE_MINUTE * 60_000);
  const job = await world.open();
  const first = job.head;
  let [looks, looked, requests] = [0, false, 0];
  let asked: JobRecord<Data> | undefined;
  const look = (what: Look<Data> | "throws" | "madeLater"): Look<Data> => {
    if (what === "throws") throw new AppError("transient", "cut");
    if (what === "madeLater") return looks > 3 ? MADE : NONE;
    return what;
  };
  const kind = world.kind({
    step: () => {
      if (looked) return { do: "wait", own: true, reason: WHY };
      looked = true;
      return DECISIONS[one.decision] as Decision<Data>;
    },
    lookUp: () => {
      looks += 1;
      return look(looks === 1 ? one.before : one.after);
    },
    async perform() {
      requests += 1;
      asked = (await world.open()).head;
      if (one.answer === "fault") throw new Error("no answer we know");
      if (one.answer !== "accepted") throw new AppError(one.answer, "no");
    },
  });
  const times = { atFirst: 0, afterClaim: 2, never: Number.POSITIVE_INFINITY };
  let asks = 0;
  if (one.done) await world.store.put(stateKey.done("backup", ID), Buffer.from(JSON.stringify({ id: ID, state: "done" })));
  const context: StepContext = world.context("a", { paused: one.paused, remainingMs: () => (asks++ < times[one.late] ? 60_000 : 1_000) });
  let records = 0;
  const racing: StepContext["log"] = {
    ...context.log,
    async append(id, head, next) {
      records += 1;
      if (records === { none: 0, first: 1, second: 2 }[one.lost]) await log.append(id, head, { state: "elsewhere", reason: WHY, data: {} });
      return context.log.append(id, head, next);
    },
  };
  const outcome = await stepJob(kind, job, { ...context, log: racing }).then(
    (stepped) => stepped.outcome,
    () => "left" as const,
  );
  return { requests, asked, first, head: job.head, left: outcome === "left" };
}

/** Whether the request may, and then must, be sent. */
const mayAsk = ({ decision, claim, patient, paused, late, before, done, lost }: Case) =>
  decision === "effect" &&
  claim !== "valid" &&
  (patient || claim === "none") &&
  !paused &&
  late === "never" &&
  before === NONE &&
  !done &&
  lost !== "first";

const ground = { id: ID, input: {}, looks: () => [MADE] } as unknown as Ground<unknown, Data, unknown>;

/** What the walks over the kinds expect the engine to do with this decision. */
function foreseen(one: Case, { first }: Ran): string[] {
  const from = { ...first, because: first.reason, minute: 0, claim: first.claim?.effect, cancelling: false };
  return outcomes(ground, from, one.patient ? 0 : PATIENCE_MINUTE, DECISIONS[one.decision] as Decision<Data>).map(
    ({ to }) => `${to.state} ${to.claim}`,
  );
}

describe("every path of one engine step", () => {
  it("requests exactly once where allowed, only under its own claim, and leads where the walks predict", async () => {
    let [asked, moved] = [0, 0];
    for (const one of CASES) {
      const ran = await run(one);
      const what = JSON.stringify(one);
      expect(ran.requests, what).toBe(mayAsk(one) ? 1 : 0);
      if (ran.asked) {
        asked += 1;
        expect(ran.asked, what).toMatchObject({ by: { nonce: "a" }, claim: { effect: "make" } });
      }
      const [before, after] = [ran.first, ran.head as Job<unknown, Data>["head"]];
      if (before.seq === after.seq) continue;
      moved += 1;
      expect(foreseen(one, ran), what).toContain(`${after.state} ${after.claim?.effect}`);
    }
    expect(CASES.length).toBeGreaterThanOrEqual(4_500);
    expect(asked).toBeGreaterThanOrEqual(200);
    expect(moved).toBeGreaterThanOrEqual(500);
  }, 30_000);

  const constant: [string, keyof typeof DECISIONS, Case["answer"]][] = [
    ["waits for other work", "wait", "accepted"],
    ...(["accepted", "fault", ...REFUSALS] as const).map((answer): [string, "effect", Case["answer"]] => [
      `requests, receives ${answer} and sees no result`,
      "effect",
      answer,
    ]),
  ];
  it.each(constant)("ends soon after the patience if a job %s forever", async (_, decision, answer) => {
    const world = await setting();
    const kind = world.kind({
      step: () => DECISIONS[decision] as Decision<Data>,
      lookUp: () => NONE,
      perform: async () => {
        if (answer === "fault") throw new Error("no answer we know");
        if (answer !== "accepted") throw new AppError(answer, "no");
      },
    });
    let minutes = 0;
    for (; minutes < 2 * PATIENCE_MINUTE; minutes += 1) {
      const stepped = await stepJob(kind, await world.open(), world.context(`tick-${minutes}`));
      if (stepped.outcome === "finished") break;
      world.advance(60_000);
    }
    // A claim, or the longest back-off after a refusal, may have started just before.
    expect(minutes).toBeLessThanOrEqual(PATIENCE_MINUTE + 10);
    expect(await world.context().log.done(ID)).toMatchObject({ state: "failed" });
  });
});
