import { isFinal as isFinalState } from "../../../shared/jobs/record.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import type { JobRow } from "../../../shared/verbs/jobs/show.ts";
import { say } from "../../../shared/words/say.ts";
import type { LocalHost } from "../host/host.ts";
import { type ApiClient, clientOf } from "./client.ts";

/** Delay between ticks; on Function Compute it is one minute. */
const TICK_PAUSE_MS = 100;
/** A step of the story that takes longer than this is stuck. */
const STEP_TIMEOUT_MS = 180_000;

export interface StoryScreen {
  chapter(title: string): void;
  /** Replaces the previous line while it refers to the same thing. */
  progress(text: string): void;
  done(text: string): void;
}

/** The story's environment: the host's triggers, and the HTTP function for a user's view. */
export interface Stage {
  host: LocalHost;
  api: ApiClient;
  screen: StoryScreen;
  /** Ticks until the job is final, with its progress on the screen; a failed job ends the story. */
  follow(what: string, look: () => Promise<JobRow | undefined>): Promise<JobRow>;
  /** Finished and open jobs of a kind, newest first. */
  jobs(kind: string): Promise<JobRow[]>;
  /** The newest job of a kind once there are `count`. */
  nth(kind: string, count: number): Promise<JobRow | undefined>;
  byId(id: string): Promise<JobRow | undefined>;
  /** Ticks until only jobs for kept indices are open. */
  settle(): Promise<void>;
}

export function openStage(host: LocalHost, screen: StoryScreen): Stage {
  const api = clientOf(host, "operator");
  const jobs = async (kind: string) => (await api.get<{ data: JobRow[] }>(`/jobs?kind=${kind}&limit=200`)).data;

  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadlineMs = Date.now() + STEP_TIMEOUT_MS;
    while (Date.now() < deadlineMs) {
      await host.tick();
      // Events are delivered before the next tick, which on Function Compute is a minute away.
      await host.functions.idle();
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, TICK_PAUSE_MS));
    }
    throw new Error(`${what} took longer than ${STEP_TIMEOUT_MS / 1000} s`);
  }

  return {
    host,
    api,
    screen,
    jobs,
    async follow(what, look) {
      const job = await until(what, async () => {
        const row = await look();
        if (row) screen.progress(say(row.reason));
        return row && isFinal(row) ? row : undefined;
      });
      if (job.state === "failed") throw new Error(`${what} failed: ${say(job.reason)} (job ${job.id})`);
      return job;
    },
    async nth(kind, count) {
      const rows = await jobs(kind);
      return rows.length >= count ? rows[0] : undefined;
    },
    byId: async (id) => (await jobs(id.slice(0, id.indexOf("-")))).find((row) => row.id === id),
    async settle() {
      await until("everything to settle", async () => {
        const { data } = await api.get<{ data: JobRow[] }>("/jobs?open=true");
        return data.every(({ kind }) => kind === "retire") ? true : undefined;
      });
    },
  };
}

export function isFinal({ state }: JobRow): boolean {
  return isFinalState(state);
}

export function expectStatus(found: number, wanted: number, what: string): void {
  if (found !== wanted) throw new Error(`${what}: HTTP ${found} instead of ${wanted}`);
}

/** Fires a policy's timer for that time and follows it to its snapshot. */
export async function playNight({ host, screen, follow, byId }: Stage, night: Date): Promise<JobRow> {
  await host.fire("createSnapshots", night);
  const job = await follow(`the backup of ${slotOf(night)}`, () => byId(`backup-nightly-${slotOf(night)}`));
  screen.done(say(job.reason));
  return job;
}

/** Fires the prune timer an hour after a night's backup and returns the finished job. */
export async function playPrune({ host, follow, byId }: Stage, night: Date): Promise<JobRow> {
  const at = new Date(night.getTime() + 3_600_000);
  await host.fire("pruneSnapshots", at);
  return follow(`the prune of ${slotOf(at)}`, () => byId(`prune-nightly-${slotOf(at)}`));
}
