import { afterEach, describe, expect, it } from "vitest";
import { type LocalHost, startLocalHost } from "../../infra/local/host/host.ts";
import { playStory } from "../../infra/local/story/story.ts";

const PAIRS = [
  { source: "6.7.0", target: "6.7.0" },
  { source: "6.7.0", target: "7.10.2" },
  { source: "7.10.2", target: "7.10.2" },
];
/** Separate from the ports of a host that may be running on this machine. */
const PORT_BASE = "20250";
/** One night before the policy is applied by hand, one after. */
const NIGHTS = 2;

/** A story of three nights takes half a minute, and a loaded machine several times as long. */
const LIMIT_MS = 600_000;

const silent = { chapter: () => undefined, progress: () => undefined, done: () => undefined };

let host: LocalHost | undefined;

afterEach(async () => {
  await host?.close();
  host = undefined;
});

describe("the story on later versions", () => {
  it.each(PAIRS)(
    "copies, proves and restores from $source to $target without a failed or wrong search",
    async (versions) => {
      host = await startLocalHost({ environment: { ...process.env, OSSNAP_PORT_BASE: PORT_BASE }, versions });
      expect([host.source.version, host.target.version]).toEqual([versions.source, versions.target]);
      const story = await playStory(host, silent, { nights: NIGHTS, byHand: false });

      expect(story.documents).toEqual({ source: 5, target: 5 });
      expect(story.restores.map(({ documents }) => documents)).toEqual([3, ...story.restores.slice(1).map(() => 5)]);
      expect(story.restores.length).toBeGreaterThanOrEqual(2);
      expect(story.searches).toMatchObject({ failed: 0, wrong: 0 });
      expect(story.searches.total).toBeGreaterThan(20);
      expect(story.kept.length + story.removed.length).toBe(NIGHTS + 2);
    },
    LIMIT_MS,
  );
});
