import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localEnvironmentFile } from "../../infra/cli/environment.ts";
import { playStory } from "../../infra/local/story/story.ts";
import { commandsOf, typed as typedInto } from "./guide.ts";
import { type LiveHost, startLive } from "./startStory.ts";

const silent = { chapter: () => undefined, progress: () => undefined, done: () => undefined };
/** Beside a host or a story that may be running on this machine. */
const PORT_BASE = "19450";
const LIMIT_MS = 120_000;

/** What the guides say is to be replaced: a snapshot of ours, one of another tool with its uuid, and a restore. */
const [OURS, UUID, RESTORE] = ["nightly-20261122t013000z-1-88f81", "5ca21098a03978fcd56e32", "restore-6c4d0df5ac023cf7"];

let live: LiveHost;
let directory: string;
const stand: Record<string, string> = {};

const typed = (line: string) => typedInto(line, stand, { OSSNAP_ENV_FILE: join(directory, "local.env") });

beforeAll(async () => {
  live = await startLive(PORT_BASE);
  directory = await mkdtemp(join(tmpdir(), "ossnap-guides-"));
  await copyFile(localEnvironmentFile(), join(directory, "local.env"));
  await playStory(live.host, silent, { nights: 4, byHand: false });
  const repository = `${live.host.source.url}/_snapshot/movies-aws`;
  await fetch(`${repository}/snap-1?wait_for_completion=true`, { method: "PUT", body: JSON.stringify({ indices: "movies" }) });
  const { snapshots } = (await (await fetch(`${repository}/_all`)).json()) as { snapshots: { snapshot: string; uuid: string }[] };
  stand[UUID] = snapshots.find(({ snapshot }) => snapshot === "snap-1")?.uuid ?? "";
  stand[OURS] = snapshots.find(({ snapshot }) => snapshot.startsWith("nightly-"))?.snapshot ?? "";
  stand[RESTORE] = (await live.jobs("restore"))[0]?.id ?? "";
}, 600_000);

afterAll(async () => {
  await live?.host.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Every command of the guide, one after the other. */
const followed = (guide: string) => async () => {
  const commands = await commandsOf(guide);
  expect(commands.length).toBeGreaterThan(2);
  for (const line of commands) {
    const { exitCode, text } = await typed(line);
    expect(exitCode, text).toBe(0);
    await live.settle();
  }
};

describe.each(["docs/backups.md", "docs/retention.md"])("%s on the local host", (guide) => {
  it("has commands that run as they stand", followed(guide), LIMIT_MS * 2);
});

describe("docs/restoring.md on the local host", () => {
  /** Of a target that takes no backups: the guide says so at its top. */
  const isOver = (line: string) => line.includes("--over") || line.includes("restore-bcf32e7242be400e");

  const isState = (line: string) => /--(global-state|feature-states|data-streams)/.test(line);

  it(
    "is refused for states, as it says",
    async () => {
      const states = (await commandsOf("docs/restoring.md")).filter(isState);
      expect(states).toHaveLength(3);
      for (const line of states) expect((await typed(line)).exitCode, line).toBe(4);
    },
    LIMIT_MS,
  );

  it(
    "has commands that run as they stand",
    async () => {
      const isOther = (line: string) => isOver(line) || isState(line) || /es-cn-|shared list/.test(line);
      const commands = (await commandsOf("docs/restoring.md")).filter((line) => !isOther(line));
      expect(commands.length).toBeGreaterThan(7);
      // The story that `npm start` plays has restored the same snapshot without an alias.
      const again = await typed("ossnap restore latest --repository moved-movies --to target --indices movies --start");
      expect(again.exitCode, again.text).toBe(0);
      await live.settle();
      for (const line of commands) {
        const { exitCode, text } = await typed(line);
        expect(exitCode, text).toBe(0);
        await live.settle();
      }
    },
    LIMIT_MS * 3,
  );

  it(
    "is refused over an alias, and makes an index of another name and overwrites it as its first lines say",
    async () => {
      const over = (await commandsOf("docs/restoring.md")).filter((line) => line.includes("--over"));
      expect(over).toHaveLength(3);
      for (const line of over) expect((await typed(line)).exitCode, line).toBe(4);
      for (const line of over) {
        const { exitCode, text } = await typed(`${line} --as movies=movies-again`);
        expect(exitCode, text).toBe(0);
        await live.settle();
      }
      const [last] = await live.jobs("restore");
      expect(last).toMatchObject({ state: "done" });
      const count = await (await fetch(`${live.host.target.url}/movies-again/_count`)).json();
      expect(count).toMatchObject({ count: 5 });
    },
    LIMIT_MS * 2,
  );
});

// Last: what it copies is restored by the watch, which moves the alias.
describe("docs/copying.md on the local host", () => {
  it("has commands that run as they stand", followed("docs/copying.md"), LIMIT_MS * 2);
});
