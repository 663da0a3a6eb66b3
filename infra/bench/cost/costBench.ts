import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Cost, type FunctionUse, idleMonth, monthlyCost } from "../../deploy/cost/monthlyCost.ts";
import { FUNCTION_NAMES, limitsOf } from "../../deploy/functionLimits.ts";
import { type LocalHost, startLocalHost } from "../../local/host/host.ts";
import { playStory } from "../../local/story/story.ts";
import type { QuickDay, QuickDayAnswer } from "./quickDay.ts";
import { type RequestClasses, requestClasses } from "./requestClasses.ts";

const DAY_MINUTES = 24 * 60;
const DAYS_PER_MONTH = 30;

export interface CostBench {
  /** A day without work, with one watch, one copy after a policy and four policies. */
  idleDay: { invocations: number; millisecondsPerTick: number; billed: Record<string, number>; oss: RequestClasses; elasticsearch: number };
  /** Thirty of them. */
  idleMonth: Cost;
  /** What `deploy --plan` says of the same configuration. */
  plannedIdleMonth: Cost;
  /** The story of `npm start`, once: backups, a copy from S3, proofs, restores, nights of retention. Absent without real servers. */
  story?: { invocations: Record<string, number>; cu: number; billed: Record<string, number>; oss: RequestClasses; cny: Cost["cny"] };
}

export interface CostOptions {
  minutes?: number;
  /** Starts Elasticsearch and S3, and plays for minutes. */
  withStory?: boolean;
}

/** What a deployment costs: of an idle day in quick time, by the real clients and a stand-in that counts what OSS bills, and of the story. */
export async function benchCost(
  note: (text: string) => void,
  { minutes = DAY_MINUTES, withStory = true }: CostOptions = {},
): Promise<CostBench> {
  note(`${minutes} idle minutes`);
  const day = await quickDay(minutes);
  const classes = requestClasses(day.oss);
  const times = (DAY_MINUTES / minutes) * DAYS_PER_MONTH;
  const month = monthlyCost({
    functions: { advanceJobs: { ...sizeOf("advanceJobs"), invocations: day.ticks * times, milliseconds: day.milliseconds * times } },
    oss: { putRequests: classes.put * times, getRequests: classes.get * times, storedBytes: 0 },
  });
  const shape = { watches: { moved: {} }, copies: { move: { after: "policy-0" } } } as unknown as Parameters<typeof idleMonth>[0];
  return {
    idleDay: {
      invocations: day.ticks,
      millisecondsPerTick: rounded(day.milliseconds / day.ticks, 10),
      billed: day.oss,
      oss: classes,
      elasticsearch: Object.values(day.elasticsearch).reduce((sum, count) => sum + count, 0),
    },
    idleMonth: shown(month),
    plannedIdleMonth: shown(monthlyCost(idleMonth(shape))),
    ...(withStory ? { story: await storyCost(note) } : {}),
  };
}

async function quickDay(minutes: number): Promise<QuickDay> {
  const child = fork(fileURLToPath(new URL("quickDay.ts", import.meta.url)), {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  child.send(minutes);
  const [answer] = (await once(child, "message")) as [QuickDayAnswer];
  if ("error" in answer) throw new Error(`the idle day: ${answer.error}`);
  return answer;
}

/** As s.yaml deploys it: half a processor for each 512 MB, but a whole one for those that copy and prove. */
function sizeOf(name: (typeof FUNCTION_NAMES)[number]): Pick<FunctionUse, "vcpu" | "memoryMegabytes" | "diskMegabytes"> {
  const { memoryMegabytes } = limitsOf(name);
  return { vcpu: name === "copyBlobs" || name === "continueJob" ? 1 : 0.5, memoryMegabytes, diskMegabytes: 512 };
}

/** The host does not measure events of timers and of OSS: they are counted with the longest of the others. */
async function storyCost(note: (text: string) => void): Promise<NonNullable<CostBench["story"]>> {
  note("the story of npm start");
  const host = await startLocalHost({ onNote: note, onNotice: () => undefined, onLog: () => undefined });
  const times = new Map<string, number[]>();
  timeInvocations(host, times);
  try {
    host.oss.requests.reset();
    const silent = { chapter: note, progress: () => undefined, done: () => undefined };
    await playStory(host, silent, { nights: 2, byHand: false });
    const slowest = Math.max(...[...times.values()].map(mean));
    const functions: Record<string, FunctionUse> = {};
    for (const name of FUNCTION_NAMES) {
      const { functionName } = limitsOf(name);
      const { invocations } = host.functions.counters(functionName);
      const measured = [...(times.get(functionName) ?? []), ...taskTimes(host, functionName)];
      functions[name] = { ...sizeOf(name), invocations, milliseconds: invocations * (measured.length > 0 ? mean(measured) : slowest) };
    }
    const billed = host.oss.requests.billed();
    const oss = requestClasses(billed);
    const { cu, cny } = shown(monthlyCost({ functions, oss: { putRequests: oss.put, getRequests: oss.get, storedBytes: 0 } }));
    return {
      invocations: Object.fromEntries(Object.entries(functions).map(([name, one]) => [name, one.invocations])),
      cu,
      billed,
      oss,
      cny,
    };
  } finally {
    await host.close();
  }
}

function timeInvocations({ functions }: LocalHost, times: Map<string, number[]>): void {
  const invoke = functions.invoke.bind(functions);
  functions.invoke = async (name, ...more) => {
    const started = performance.now();
    const result = await invoke(name, ...more);
    times.set(name, [...(times.get(name) ?? []), performance.now() - started]);
    return result;
  };
}

function taskTimes({ functions }: LocalHost, functionName: string): number[] {
  return functions.tasks(functionName).flatMap(({ startedAt, endedAt }) => (startedAt && endedAt ? [endedAt - startedAt] : []));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function shown({ cu, cny }: Cost): Cost {
  const { functions, requests, storage, total } = cny;
  return {
    cu: rounded(cu, 10),
    cny: { functions: rounded(functions), requests: rounded(requests), storage: rounded(storage), total: rounded(total) },
  };
}

function rounded(value: number, parts = 10_000): number {
  return Math.round(value * parts) / parts;
}
