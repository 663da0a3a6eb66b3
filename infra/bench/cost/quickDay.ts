import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../shared/model/errors.ts";
import { SOURCE_LOOK_MINUTES } from "../../../shared/verbs/copy/look.ts";
import { startOss } from "../../local/oss/startOss.ts";
import { clusterStub } from "../clusterStub.ts";
import { CONFIGURATIONS, REGION, TICK_BUCKETS } from "../configurations.ts";

/** What the idle day was, to the parent that started it. */
export type QuickDay = { ticks: number; milliseconds: number; oss: Record<string, number>; elasticsearch: Record<string, number> };
export type QuickDayAnswer = QuickDay | { error: string };

const KEYS = { accessKeyId: "bench-key-id", secretAccessKey: "bench-key-secret" };
const MINUTE_MS = 60_000;

let aheadMs = 0;

/** The whole process lives by a clock that the day turns on: signatures, slots and the store's `Date` agree. */
function turnableClock(): void {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given: ConstructorParameters<DateConstructor> | []) {
      super(...((given.length === 0 ? [Real.now() + aheadMs] : given) as [number]));
    }
    static override now(): number {
      return Real.now() + aheadMs;
    }
  } as DateConstructor;
}

/** Node writes the header `Date` by a clock of its own. */
async function withOurDate(target: string): Promise<{ url: string; server: Server }> {
  const { hostname, port } = new URL(target);
  const server = createServer((from, to) => {
    const onward = request({ hostname, port, method: from.method, path: from.url, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, { ...answer.headers, date: new Date().toUTCString() });
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    from.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** A minutely tick of a warm instance for so many minutes; one watch, one copy after a policy, four policies of which none is due. */
async function playDay(minutes: number): Promise<QuickDay> {
  const root = await mkdtemp(join(tmpdir(), "ossnap-day-"));
  for (const bucket of TICK_BUCKETS) await mkdir(join(root, bucket));
  for (const bucket of ["source", "moved"]) await writeFile(join(root, bucket, "index-0"), '{"snapshots":[],"indices":{}}');
  const oss = await startOss({ root, port: 0, region: REGION, credentials: [KEYS] });
  const cluster = await clusterStub();
  const door = await withOurDate(oss.url);
  try {
    process.env.OSSNAP_CONFIG = join(root, "ossnap.json");
    const parts = { clusterUrl: cluster.url, ossUrl: door.url, stateDirectory: root, location: "/srv/bench" };
    await writeFile(process.env.OSSNAP_CONFIG, JSON.stringify(CONFIGURATIONS.tick(parts)));
    const { handler } = await import("../../../functions/advanceJobs.ts");
    const { initialise } = await import("../../../shared/runtime/initialise.ts");
    const { readSettings } = await import("../../../shared/runtime/settings.ts");
    const context = {
      requestId: "bench",
      function: { name: "advanceJobs", timeout: 120 },
      region: REGION,
      credentials: { accessKeyId: KEYS.accessKeyId, accessKeySecret: KEYS.secretAccessKey },
    };
    await initialise(readSettings(""), context);
    const event = Buffer.from("{}");
    // The first ticks write down what they see for the first time, a copy's source included.
    for (let tick = 0; tick <= SOURCE_LOOK_MINUTES; tick += 1) {
      aheadMs += MINUTE_MS;
      await handler(event, context);
    }
    oss.requests.reset();
    cluster.requests.reset();
    let milliseconds = 0;
    for (let tick = 0; tick < minutes; tick += 1) {
      aheadMs += MINUTE_MS;
      const started = performance.now();
      const report = (await handler(event, context)) as { failed: unknown[]; advanced: unknown[] };
      milliseconds += performance.now() - started;
      if (report.failed.length + report.advanced.length > 0) throw new Error(`the day is not idle: ${JSON.stringify(report)}`);
    }
    return { ticks: minutes, milliseconds, oss: oss.requests.billed(), elasticsearch: cluster.requests.counts() };
  } finally {
    door.server.closeAllConnections();
    door.server.close();
    await Promise.all([oss.close(), cluster.close()]);
    await rm(root, { recursive: true, force: true });
  }
}

turnableClock();
process.once("message", (minutes: number) => {
  void playDay(minutes)
    .catch((error: unknown): QuickDayAnswer => ({ error: messageOf(error) }))
    .then((answer) => process.send?.(answer, () => process.exit()));
});
