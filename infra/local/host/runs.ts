import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import { commandOf, isAlive, stopOrphans } from "./orphans.ts";
import { openOwnDirectory, openRun, type Places, requireEnterable } from "./places.ts";
import { PLAN_FILE } from "./plan.ts";
import { writeAtomically } from "./writeAtomically.ts";

const HOST_FILE = "host.json";

/** The storage of one run: servers' data, objects, accepted events, and the position in the story. */
export interface Run {
  directory: string;
  /** Removes an unnamed directory, and leaves a named one for the next start. */
  close(): Promise<void>;
}

/**
 * A fresh directory, or the named one as its stopped or killed host left it. Stops servers that a killed host left behind.
 * Errors: `conflict` while a host runs on it, `invalid` when it contains something else.
 */
export async function takeRun(places: Places, named: string | undefined): Promise<Run> {
  await sweepRuns(places.runs);
  if (named === undefined) {
    const fresh = await openRun(places, `${Date.now()}-${process.pid}`);
    return { directory: fresh, close: () => rm(fresh, { recursive: true, force: true }) };
  }
  const directory = resolve(named);
  await openOwnDirectory(directory);
  await requireEnterable(directory, "--data");
  await requireUsable(directory);
  await requireNoHost(directory);
  writeAtomically(join(directory, HOST_FILE), JSON.stringify({ pid: process.pid, command: await commandOf(process.pid) }));
  await stopOrphans(directory);
  return { directory, close: () => rm(join(directory, HOST_FILE), { force: true }) };
}

/** Removes directories of runs whose process no longer exists (killed, or interrupted while starting), and stops their servers. */
async function sweepRuns(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    const pid = Number(/^\d+-(\d+)$/.exec(name)?.[1]);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    await stopOrphans(join(runs, name));
    await rm(join(runs, name), { recursive: true, force: true });
  }
}

/** The plan is the first file of a run: a directory that contains only other files was not created by a run. */
async function requireUsable(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith(HOST_FILE) && !name.startsWith(PLAN_FILE));
  if (names.length === 0 || (await isFile(join(directory, PLAN_FILE)))) return;
  throw new AppError(
    "invalid",
    `--data ${directory}: it holds ${names[0]}, and nothing that npm start left there; name an empty or a new directory`,
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function requireNoHost(directory: string): Promise<void> {
  const text = await readFile(join(directory, HOST_FILE), "utf8").catch(() => undefined);
  if (text === undefined) return;
  const { pid, command } = JSON.parse(text) as { pid: number; command: string };
  // The pid may now belong to another program, or to this one: containers count from 1 again.
  if (!isAlive(pid) || (await commandOf(pid)) !== command || pid === process.pid) return;
  throw new AppError("conflict", `--data ${directory}: process ${pid} runs on it; end that one first, or name another directory`);
}
