import { setTimeout } from "node:timers/promises";
import { isFinal } from "../../shared/jobs/record.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import type { RuntimeSettings } from "../../shared/runtime/settings.ts";
import type { JobRow } from "../../shared/verbs/jobs/show.ts";
import type { Api } from "../cli/at/api.ts";
import { openApi } from "../cli/at/client.ts";
import type { Keys } from "../cli/at/triggerSignature.ts";

/** How the functions get there; the local host takes the place of a deployment in tests. */
export interface Platform {
  /** The address of the HTTP function. */
  deploy(): Promise<{ url: string }>;
  undeploy(): Promise<void>;
}

export interface AcceptOptions {
  settings: RuntimeSettings;
  /** The account, its region, and the keys of whoever accepts. */
  context: FcContext;
  keys: Keys;
  /** Of an operator. */
  token: string;
  /** Of the functions; the name of the one that continues jobs is in the settings. */
  platform: Platform;
  /** What one backup, copy or restore may take. */
  patienceMs: number;
  /** Leaves everything where it is. */
  keep: boolean;
  write(line: string): void;
}

/** What later checks need of earlier ones. */
export interface Stage extends AcceptOptions {
  state: BlobStore;
  url: string;
  api: Api;
  /** The documents that were written, after each round. */
  documents: number;
}

const POLL_MS = 2_000;

export function apiOf({ keys, token }: Pick<AcceptOptions, "keys" | "token">, url: string): Api {
  return openApi({ url: new URL(url), keys, token, terminal: { note: () => undefined } });
}

/** Looks until something is there. Errors: `transient` after the patience. */
export async function until<T>(stage: Pick<Stage, "patienceMs">, what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = performance.now() + stage.patienceMs;
  while (performance.now() < deadlineMs) {
    const found = await look();
    if (found !== undefined) return found;
    await setTimeout(POLL_MS);
  }
  throw new AppError("transient", `${what} within ${Math.round(stage.patienceMs / 1000)} s`);
}

/** Asks for a job and waits for its end. Errors: `permanent` unless it is done. */
export async function ended(stage: Stage, path: string): Promise<JobRow> {
  const { id } = (await stage.api({ method: "POST", path })).body as { id: string };
  const row = await until(stage, `POST ${path}: job ${id} did not end`, async () => {
    const found = (await stage.api({ method: "GET", path: `/jobs/${id}` })).body as JobRow;
    return isFinal(found.state) ? found : undefined;
  });
  if (row.state !== "done") throw new AppError("permanent", `job ${id} is ${row.state}: ${row.reason.code}`);
  return row;
}

export async function rowsOf({ api }: Pick<Stage, "api">, kind: string): Promise<JobRow[]> {
  const { body } = await api({ method: "GET", path: "/jobs", query: { kind, limit: 50 } });
  return (body as { data: JobRow[] }).data;
}
