import { mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type LocalHost, startLocalHost } from "../../infra/local/host/host.ts";
import { HOSTILE } from "../tick/hostileRepositories.ts";
import { STEP1 } from "../world/moved.ts";

/** Separate from the ports of the story's host. */
const PORT_BASE = "19650";
const GOOD = "good";
const HUGE = "huge-root";
const NAMES = [...Object.keys(HOSTILE), HUGE, GOOD];
const TICKS_MAX = 25;
/** Of the good one, which the target's nodes may read. */
const suffixOf = (name: string) => (name === GOOD ? "" : `-${name}`);

interface WatchText {
  blobs: { basePath: string };
  register: { name: string; settings: { location: string } };
  restore: { alias: string; indices: string[] };
}

/** The example configuration with a watch for each of these repositories only. */
function watching(configText: string): string {
  const config = parse(configText) as { watches: Record<string, WatchText>; copies: unknown; backups: unknown };
  const watch = config.watches["moved-movies"] as WatchText;
  const watches = NAMES.map((name): [string, WatchText] => {
    const register = { ...watch.register, name, settings: { location: `\${TARGET_LOCATION}${suffixOf(name)}` } };
    const restore = { ...watch.restore, alias: name, indices: ["fx-orders"] };
    return [name, { ...watch, blobs: { ...watch.blobs, basePath: `movies${suffixOf(name)}` }, register, restore }];
  });
  return stringify({ ...config, backups: {}, copies: {}, watches: Object.fromEntries(watches) });
}

let host: LocalHost;

beforeAll(async () => {
  host = await startLocalHost({ environment: { ...process.env, OSSNAP_PORT_BASE: PORT_BASE }, configured: watching });
  for (const name of NAMES) {
    const folder = `${host.plan.directories.targetRepository}${suffixOf(name)}`;
    for (const [key, bytes] of [...STEP1.blobs, ...Object.entries(HOSTILE[name]?.() ?? {})]) {
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), bytes);
    }
    if (name !== HUGE) continue;
    const root = await open(join(folder, "index-0"), "r+");
    await root.truncate(500 * 1024 * 1024);
    await root.close();
  }
}, 600_000);

afterAll(async () => {
  await host?.close();
});

describe("the local host with a watch on each hostile repository and one on a good one", () => {
  it("serves the good one, and every tick survives", { timeout: 600_000 }, async () => {
    let served = false;
    // Three more ticks show that no later one dies of what was put off.
    for (let tick = 0, after = 0; tick < TICKS_MAX && after < 3; tick += 1) {
      // Throws if the instance dies, or needs more than the 120 s of the function.
      await host.tick();
      await host.functions.idle();
      served ||= (await fetch(`${host.target.url}/_alias/${GOOD}`)).ok;
      after += served ? 1 : 0;
    }
    expect(served, JSON.stringify(host.board.notices.map(({ text }) => text))).toBe(true);
    const told = host.board.notices.filter(({ status }) => status === "firing").map(({ key }) => key);
    for (const name of ["cut-root", HUGE, "root-objects"]) expect(told).toContain(`look-failed:watches.${name}`);
    expect(told.filter((key) => /aside/.test(key))).toEqual([]);
  });
});
