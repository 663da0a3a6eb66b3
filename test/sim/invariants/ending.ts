import type { DoneRecord } from "../../../shared/jobs/record.ts";
import type { Reason } from "../../../shared/model/reason.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { DEATHS_MAX, lookOfJob, nextTry, parseLookLeaf } from "../../../shared/state/looking.ts";
import { ALIAS, MOVED, WATCH } from "../names.ts";
import { doneRecords, isDone, keysOf, type MakeCheck, openIntents, openJobs } from "./check.ts";

/** Acceptable reasons for a job to fail in these worlds; any other is a bug in ossnap. */
const FAIR_FAILURES: Record<string, readonly string[]> = {
  backup: ["backup.attempts", "backup.noTrace", "job.patience"],
  prune: ["job.patience", "prune.otherUuid"],
  copy: ["copy.attempts", "copy.cut", "copy.failed", "job.patience"],
  // Two restores by hand without a key want the same name.
  restore: ["job.patience", "alias.newer", "name.taken", "root.moved", "snapshot.notListed", "over.otherSince", "over.closedLong"],
  arrival: ["job.patience"],
};

const AFTER_ASIDE_MS = 30 * 60_000;

/** Everything finishes: no job stays open, failures have an acceptable reason, and arrivals are served. */
export const everythingEnds: MakeCheck = ({ stage, kernel, scenario, violated }) => {
  /** Unless a job of the copy, arrival or restore was cancelled or failed, or a person stepped in, the newest snapshot is served. */
  async function requireServed(): Promise<void> {
    const newest = scenario.steps.at(-1)?.snapshots.at(-1);
    const jobs = ["copy", "arrival", "restore"].flatMap((kind) => doneRecords(stage.state, kind));
    const isOther = ({ kind, result }: DoneRecord) => kind === "restore" && (result as { uuid?: string }).uuid !== newest?.uuid;
    if (jobs.some((job) => job.state !== "done" && job.state !== "skipped" && !isOther(job))) return;
    const position = keysOf(stage.state, `live/watch/${WATCH}/position/`).at(-1) ?? "";
    const holders = (await stage.target.listIndices()).filter(({ aliases }) => aliases.includes(ALIAS));
    if (!position.endsWith(`-${newest?.uuid}`) || holders.length !== 1) {
      const there = keysOf(stage.buckets.get(MOVED.bucket) ?? new Map(), `${MOVED.basePath}/index`);
      violated(`${newest?.name} is not served: position ${position || "none"}, existing roots: ${there.join(", ")}`);
    }
    const [holder] = holders;
    if (!holder || stage.swappedLate || stage.people.touched.has(holder.name)) return;
    if ((await stage.target.countDocuments(holder.name)) !== newest?.documents[scenario.index])
      violated("the served documents differ from the snapshot's");
  }

  const isFairCode = (kind: string, code: string) =>
    FAIR_FAILURES[kind]?.includes(code) || (code === "restore.stuck" && (stage.people.nodeLost || stage.clockJumped));

  const isFair = (kind: string, { code, params }: Reason) =>
    isFairCode(kind, code) ||
    // Its patience ended while it was put aside, and what it restored has the alias.
    (code === "restore.keptServing" && params.because === "job.aside") ||
    // What it overwrote stays so, whatever it ended with; one whose node left with the only copies is not begun again.
    (code === "over.replaced" && isFairCode(kind, String(params.because))) ||
    (code === "over.replaced" && params.because === "restore.shardsFailed" && stage.people.nodeLost) ||
    (code === "copy.damaged" && stage.people.rotten) ||
    (code === "restore.gone" && stage.people.touched.size > 0);

  /** An old index stays while nothing else serves, because a person closed or deleted what did. */
  async function staysOpen(id: string): Promise<boolean> {
    const serves = (await stage.target.listIndices()).some(({ state, aliases }) => state === "open" && aliases.includes(ALIAS));
    return id.startsWith("retire-") && !serves && stage.people.touched.size > 0;
  }

  /** An arrival that is asked for again waits as long as the first did, which may be longer than these worlds last. */
  function waitsAgain(id: string): boolean {
    const { patienceUntil = "" } = openIntents(stage.state).find((one) => one.id === id) ?? {};
    return /^arrival-.*-r\d+$/.test(id) && Date.parse(patienceUntil) > kernel.nowMs();
  }

  /** What a restore by hand replaces is kept for a day. */
  function isKept(id: string): boolean {
    const { input } = openIntents(stage.state).find((one) => one.id === id) ?? {};
    return id.startsWith("retire-") && Date.parse((input as { notBefore?: string } | undefined)?.notBefore ?? "") > kernel.nowMs();
  }

  /** A job that was killed again and again is put aside for hours. */
  function isAside(id: string): boolean {
    const deaths = keysOf(stage.state, stateKey.looking(lookOfJob(id))).flatMap(
      (key) => parseLookLeaf(key.split("/").at(-1) ?? "", key) ?? [],
    );
    return deaths.length >= DEATHS_MAX && nextTry(deaths).getTime() > kernel.nowMs();
  }

  /** Copies to one destination follow each other. */
  const waitsForAside = (id: string) =>
    id.startsWith("copy-") && openJobs(stage.state).some((other) => other.startsWith("copy-") && isAside(other));

  /** When a job was last put aside: what waited for it goes on after that, and may need more time than these worlds have left. */
  let asideMs = Number.NEGATIVE_INFINITY;
  const waitedForAside = () => kernel.nowMs() - asideMs < AFTER_ASIDE_MS;

  const mayBeOpen = async (id: string) =>
    waitsAgain(id) || isKept(id) || isAside(id) || waitsForAside(id) || waitedForAside() || (await staysOpen(id));

  /** Every job that ever had a log. */
  const begun = new Set<string>();

  return {
    number: 0,
    name: "everything finishes",
    step() {
      for (const id of openJobs(stage.state)) {
        begun.add(id);
        if (isAside(id)) asideMs = kernel.nowMs();
      }
    },
    async end() {
      const open: string[] = [];
      for (const id of openJobs(stage.state)) if (!(await mayBeOpen(id))) open.push(id);
      if (open.length > 0) violated(`jobs are still open: ${open.join(", ")}`);
      for (const id of begun) if (!isDone(stage.state, id) && !(await mayBeOpen(id))) violated(`${id} was started and has no final record`);
      if (kernel.parked() > 0) violated(`${kernel.parked()} requests never finished`);
      for (const kind of Object.keys(FAIR_FAILURES))
        for (const { id, state, reason } of doneRecords(stage.state, kind))
          if (state === "failed" && !isFair(kind, reason)) violated(`${id} failed: ${JSON.stringify(reason)}`);
      if (stage.config.watches[WATCH] && !openJobs(stage.state).some(isAside) && !waitedForAside()) await requireServed();
    },
  };
};
