import OSS from "ali-oss";
import { type LocalHost, startLocalHost } from "../../infra/local/host/host.ts";
import { type ApiClient, clientOf } from "../../infra/local/story/client.ts";
import type { JobRow } from "../../shared/verbs/jobs/show.ts";

/** Separate from the ports of a host that may be running on this machine. */
const PORT_BASE = "19250";
const FINAL = ["done", "failed", "cancelled", "refused", "skipped"];

export interface LiveHost {
  host: LocalHost;
  operator: ApiClient;
  viewer: ApiClient;
  /** The target's bucket, written as by any other copier. */
  bucket: OSS;
  /** ossnap's own bucket, for operations that no one should perform on it. */
  stateBucket: OSS;
  /** Ticks until `look` returns a value; the timeout is generous, because only the condition matters. */
  until<T>(what: string, look: () => Promise<T | undefined>): Promise<T>;
  jobs(kind: string): Promise<JobRow[]>;
  /** Fires a night's timer, then ticks until its backup job is finished. */
  night(at: Date): Promise<JobRow>;
  /** Ticks until nothing except kept indices is open. */
  settle(): Promise<void>;
}

export function isFinal(row: JobRow): boolean {
  return FINAL.includes(row.state);
}

export async function startLive(portBase = PORT_BASE): Promise<LiveHost> {
  const host = await startLocalHost({ environment: { ...process.env, OSSNAP_PORT_BASE: portBase } });
  const operator = clientOf(host, "operator");
  const jobs = async (kind: string) => (await operator.get<{ data: JobRow[] }>(`/jobs?kind=${kind}&limit=200`)).data;

  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadlineMs = Date.now() + 60_000;
    while (Date.now() < deadlineMs) {
      await host.tick();
      await host.functions.idle();
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(
      `${what} did not come about; open: ${JSON.stringify((await operator.get<{ data: JobRow[] }>("/jobs?open=true")).data)}`,
    );
  }

  const bucketOf = (bucket: string) =>
    new OSS({ endpoint: host.oss.url, region: "oss-cn-hangzhou", bucket, authorizationV4: true, secure: false, ...host.plan.oss });

  return {
    host,
    operator,
    viewer: clientOf(host, "viewer"),
    bucket: bucketOf("moved"),
    stateBucket: bucketOf("ossnap-state"),
    until,
    jobs,
    async night(at) {
      await host.fire("createSnapshots", at, "nightly");
      const slot = `${at.toISOString().slice(0, 19).replace(/[-:]/g, "").toLowerCase()}z`;
      return until(`the backup of ${slot}`, async () => (await jobs("backup")).find((row) => row.id.endsWith(slot) && isFinal(row)));
    },
    async settle() {
      await until("everything to settle", async () => {
        const { data } = await operator.get<{ data: JobRow[] }>("/jobs?open=true");
        return data.every(({ kind }) => kind === "retire") ? true : undefined;
      });
    },
  };
}
