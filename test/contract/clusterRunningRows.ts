import { until } from "./clusterFixture.ts";
import type { Row, Stage } from "./clusterStage.ts";

/** Slow enough to be observed while it runs; the row that starts it must stop it. */
const SLOW = { max_snapshot_bytes_per_sec: "10kb", max_restore_bytes_per_sec: "10kb" };
const BYTES = 4_000;

async function finishedOnes(stage: Stage): Promise<void> {
  await stage.index("small");
  await stage.index("large", { bytes: BYTES });
  await stage.repository("r");
  await stage.snapshot("r", "done-1", "small");
  await stage.snapshot("r", "done-2", "large");
}

async function runningSnapshot(stage: Stage): Promise<void> {
  await finishedOnes(stage);
  await stage.repository("slow", SLOW);
  await stage.create("slow", "run", "large");
  await until("it runs", async () => (await stage.cluster.runningSnapshots()).length === 1);
}

async function runningRestore(stage: Stage): Promise<void> {
  await finishedOnes(stage);
  await stage.sameRepository("slow", "r", SLOW);
  await stage.restore("slow", "done-2", "large", "coming");
  await until("it runs", async () => (await stage.cluster.runningRestores()).length === 1);
}

const isRunning = async ({ cluster }: Stage) => [(await cluster.runningSnapshots()).length, (await cluster.runningRestores()).length];

export const runningRows: readonly Row[] = [
  {
    name: "a second snapshot and the deletion of a finished one are refused while a snapshot runs",
    below: "7.7.0",
    arrange: runningSnapshot,
    // Both responses wait for the only snapshot thread, so they may wait concurrently.
    act: (stage) => Promise.all([stage.create("r", "second", "small"), stage.delete("r", "done-1")]),
    expect: ["conflict", "conflict"],
  },
  {
    name: "a second snapshot is accepted while one runs",
    from: "7.7.0",
    arrange: runningSnapshot,
    // The response may wait for the only snapshot thread, which the first snapshot occupies.
    async act(stage) {
      const second = stage.create("r", "second", "small");
      await stage.delete("slow", "run");
      return second;
    },
    expect: "ok",
  },
  {
    name: "a finished snapshot can be deleted while another snapshot runs",
    from: "7.7.0",
    arrange: runningSnapshot,
    async act(stage) {
      const deletion = stage.delete("r", "done-1");
      await stage.delete("slow", "run");
      return [await deletion, await stage.listed("r")];
    },
    expect: ["ok", ["done-2"]],
  },
  {
    name: "a restore is accepted while a snapshot runs",
    arrange: runningSnapshot,
    act: (stage) => stage.restore("r", "done-1", "small", "beside"),
    expect: "ok",
  },
  {
    name: "a snapshot is accepted while a restore runs",
    arrange: runningRestore,
    act: async (stage) => [await stage.create("r", "second", "small"), (await isRunning(stage))[1]],
    expect: ["ok", 1],
  },
  {
    name: "an index that is being restored is yellow without an active primary",
    from: "5.0.0",
    arrange: runningRestore,
    async act(stage) {
      await until("its shard is recovering", async () => (await stage.cluster.recovery(stage.own("coming"))).length === 1);
      return [await stage.health("coming"), await isRunning(stage)];
    },
    expect: [{ status: "yellow", primariesActive: 0, unassigned: 0 }, [0, 1]],
  },
  {
    name: "another rate of its repository is refused while a restore runs",
    below: "7.11.0",
    arrange: runningRestore,
    act: (stage) => stage.sameRepository("slow", "slow", { ...SLOW, max_restore_bytes_per_sec: "1mb" }),
    expect: "conflict",
  },
  {
    name: "another rate of its repository is taken while a restore runs",
    from: "7.17.0",
    arrange: runningRestore,
    act: (stage) => stage.sameRepository("slow", "slow", { ...SLOW, max_restore_bytes_per_sec: "1mb" }),
    expect: "ok",
  },
  {
    name: "a second restore is refused while one runs",
    below: "6.0.0",
    arrange: runningRestore,
    act: (stage) => stage.restore("r", "done-1", "small", "second"),
    expect: "conflict",
  },
  {
    name: "a second restore is accepted while one runs",
    from: "6.0.0",
    arrange: runningRestore,
    act: async (stage) => [await stage.restore("r", "done-1", "small", "second"), (await isRunning(stage))[1] !== 0],
    expect: ["ok", true],
  },
  {
    name: "any snapshot can be deleted while a restore runs, including the one being restored",
    below: "5.0.0",
    arrange: runningRestore,
    act: async (stage) => [await stage.delete("r", "done-1"), await stage.delete("slow", "done-2"), (await isRunning(stage))[1]],
    expect: ["ok", "ok", 1],
  },
  {
    name: "the snapshot being restored cannot be deleted",
    from: "5.0.0",
    arrange: runningRestore,
    act: (stage) => stage.delete("slow", "done-2"),
    expect: "conflict",
  },
  {
    name: "no snapshot can be deleted while a restore runs",
    from: "5.0.0",
    below: "7.7.0",
    arrange: runningRestore,
    act: (stage) => stage.delete("r", "done-1"),
    expect: "conflict",
  },
  {
    name: "another snapshot can be deleted while a restore runs",
    from: "7.7.0",
    arrange: runningRestore,
    act: (stage) => stage.delete("r", "done-1"),
    expect: "ok",
  },
  {
    name: "a running snapshot cannot be cancelled while a restore runs",
    from: "5.0.0",
    below: "7.7.0",
    async arrange(stage) {
      await runningRestore(stage);
      await stage.repository("slower", SLOW);
      await stage.create("slower", "run", "large");
    },
    act: async (stage) => [await stage.delete("slower", "run"), await isRunning(stage)],
    expect: ["conflict", [1, 1]],
  },
  {
    name: "a running snapshot can be cancelled while a restore runs",
    from: "7.7.0",
    async arrange(stage) {
      await runningRestore(stage);
      await stage.repository("slower", SLOW);
      await stage.create("slower", "run", "large");
    },
    async act(stage) {
      const outcome = await stage.delete("slower", "run");
      await until("it is gone", async () => (await isRunning(stage))[0] === 0);
      return [outcome, await stage.cluster.getSnapshot(stage.own("slower"), "run")];
    },
    expect: ["ok", undefined],
  },
  {
    name: "a snapshot in a repository that cannot be written fails at once",
    below: "7.7.0",
    async arrange(stage) {
      await finishedOnes(stage);
      await stage.spoil("r", { what: "unwritable" });
    },
    act: async (stage) => [await stage.create("r", "lost", "small"), await stage.cluster.getSnapshot(stage.own("r"), "lost")],
    expect: ["refused", undefined],
  },
  {
    name: "a snapshot in a repository that cannot be written is accepted and leaves no trace",
    from: "7.7.0",
    async arrange(stage) {
      await finishedOnes(stage);
      await stage.spoil("r", { what: "unwritable" });
    },
    async act(stage) {
      const outcome = await stage.create("r", "lost", "small");
      await until("nothing runs", async () => (await isRunning(stage))[0] === 0);
      return [
        outcome,
        await stage.cluster.getSnapshot(stage.own("r"), "lost"),
        await stage.cluster.snapshotProgress(stage.own("r"), "lost"),
        await stage.listed("r"),
      ];
    },
    expect: ["ok", undefined, undefined, ["done-1", "done-2"]],
  },
];
