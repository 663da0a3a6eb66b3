import { setTimeout as pause } from "node:timers/promises";
import type { Keys } from "../../infra/cli/at/triggerSignature.ts";
import { startLocalHost } from "../../infra/local/host/host.ts";
import { withMigratingEntry } from "../world/migratingDocs.ts";

/** What the process says once it serves, on one line of standard output. */
export interface Serving {
  url: string;
  token: string;
  keys: Keys;
  source: { url: string; version: string };
  target: { url: string; version: string };
}

const TICK_PAUSE_MS = 100;

/** A host with the migration of docs/migrating.md on a directory, ticking until it is killed. */
async function main([dataDirectory = ""]: readonly string[]): Promise<void> {
  const host = await startLocalHost({ environment: process.env, dataDirectory, configured: withMigratingEntry });
  const serverOf = ({ url, version }: { url: string; version: string }) => ({ url, version });
  const serving: Serving = {
    ...{ url: host.httpUrl, token: host.plan.tokens.operator, keys: host.plan.oss },
    ...{ source: serverOf(host.source), target: serverOf(host.target) },
  };
  process.stdout.write(`${JSON.stringify(serving)}\n`);
  for (;;) {
    await host.tick();
    await host.functions.idle();
    await pause(TICK_PAUSE_MS);
  }
}

await main(process.argv.slice(2));
