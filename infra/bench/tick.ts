import { handler } from "../../functions/advanceJobs.ts";
import { messageOf } from "../../shared/model/errors.ts";
import { slotOf } from "../../shared/model/slot.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import { initialise } from "../../shared/runtime/initialise.ts";
import { readSettings } from "../../shared/runtime/settings.ts";
import { openWorld } from "../../shared/runtime/wire.ts";
import type { TickReport } from "../../shared/tick/advanceJobs.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";

/** The parent's requests to this instance, one at a time. */
export type TickOrder = { do: "init" } | { do: "ask"; from: number; to: number } | { do: "tick" };
export type TickAnswer = { milliseconds: number; report?: TickReport } | { error: string };

const { BENCH_KEY_ID: accessKeyId = "", BENCH_KEY_SECRET: accessKeySecret = "" } = process.env;
let invocations = 0;

/** Like Function Compute's, with a new request id each time. */
function context(): FcContext {
  invocations += 1;
  return {
    requestId: `bench-${invocations}`,
    function: { name: "advanceJobs", timeout: 300 },
    region: "cn-hangzhou",
    accountId: "1234567890123456",
    credentials: { accessKeyId, accessKeySecret },
  };
}

async function obey(order: TickOrder): Promise<TickReport | undefined> {
  if (order.do === "tick") return (await handler(Buffer.from("{}"), context())) as TickReport;
  const settings = readSettings("");
  if (order.do === "init") {
    await initialise(settings, context());
    return undefined;
  }
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const world = await openWorld(settings, { functionName: "bench", context: context(), startedMs: Date.now(), logger });
  const policies = Object.keys(world.config.backups);
  for (let number = order.from; number < order.to; number += 1) {
    const policy = policies[number % policies.length] ?? "";
    const slot = slotOf(new Date(world.clock.now().getTime() - number * 60_000));
    await askBackup(world, { policy, slot, asked: { by: "timer", who: `timer ${slot}` } });
  }
  return undefined;
}

/** Runs as a child process, an instance that stays warm: only the tick takes time here. */
process.on("message", (order: TickOrder) => {
  const startedMs = performance.now();
  void obey(order).then(
    (report) => answer({ milliseconds: performance.now() - startedMs, ...(report && { report }) }),
    (error: unknown) => answer({ error: messageOf(error) }),
  );
});

function answer(message: TickAnswer): void {
  process.send?.(message);
}
