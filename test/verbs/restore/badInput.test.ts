import { describe, expect, it } from "vitest";
import { type Asked, httpDoor } from "../../runtime/http/door.ts";
import { freshWorld, offer, SNAP2, STEP2, serveFirst, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

/** A restore that is right in everything; each case changes one thing. */
const RIGHT = {
  snapshot: "snap-2",
  repository: "moved-movies",
  to: "target",
  indices: ["fx-orders"],
  alias: "films",
  replicas: 0,
  start: true,
};

/** What is changed in the request, or in the world before it; and a part of what the answer says. */
type Case = [string, Record<string, unknown> | (() => Promise<Record<string, unknown>>), string];

const without = (key: keyof typeof RIGHT) => ({ [key]: undefined });
const BAD_NAMES: [string, string][] = [
  ["a blank", "my films"],
  ["a star", "films*"],
  ["a question mark", "film?"],
  ["a comma", "films,series"],
  ["a slash", "films/all"],
  ["a backslash", "films\\all"],
  ["a hash", "films#1"],
  ["a quotation mark", 'fi"lms'],
  ["a leading dash", "-films"],
  ["a leading underscore", "_films"],
  ["a leading plus", "+films"],
  ["only a dot", "."],
  ["an invisible character", "films\u200b"],
  ["256 bytes", "f".repeat(256)],
];

const STATE_ALONE = { alias: undefined, indices: undefined };

const REQUESTS: Case[] = [
  ...(["snapshot", "repository", "to", "indices"] as const).map((key): Case => [`no ${key}`, without(key), key]),
  ...BAD_NAMES.map(([what, alias]): Case => [`an alias with ${what}`, { alias }, "alias"]),
  ...BAD_NAMES.filter(([what]) => what !== "a star").map(
    ([what, name]): Case => [`a new name with ${what}`, { alias: undefined, as: name }, "as"],
  ),
  ["a new name in capitals", { alias: undefined, as: "Films" }, "as"],
  ["an unknown member", { snapshots: "snap-2" }, "snapshots"],
  ["an unknown snapshot", { snapshot: "snap-9" }, "snap-9"],
  ["an empty snapshot", { snapshot: "" }, "snapshot"],
  ["an unknown repository", { repository: "moved-films" }, "moved-films"],
  ["an unknown cluster", { to: "tarzan" }, "tarzan"],
  ["the source as the cluster", { to: "source" }, "source"],
  ["an index that is not in the snapshot", { indices: ["movies"] }, "movies"],
  ["a pattern that matches nothing", { indices: ["movies-*"] }, "movies-*"],
  ["indices as a text", { indices: "fx-orders" }, "indices"],
  ["no index", { indices: [] }, "indices"],
  ["an empty index", { indices: [""] }, "indices"],
  ["only an exclusion", { indices: ["-fx-orders"] }, "-fx-orders"],
  ["a number as an index", { indices: [7] }, "indices"],
  ["replicas below none", { replicas: -1 }, "replicas"],
  ["half a replica", { replicas: 0.5 }, "replicas"],
  ["a million replicas", { replicas: 1_000_000 }, "replicas"],
  ["replicas as a text", { replicas: "1" }, "replicas"],
  ["start as a text", { start: "yes" }, "start"],
  ["an alias and several", { aliases: { series: "fx-orders" } }, "aliases"],
  ["several aliases, none of them", { alias: undefined, aliases: {} }, "aliases"],
  ["an alias for no index of the snapshot", { alias: undefined, aliases: { films: "movies-*" } }, "movies-*"],
  ["an alias with an empty pattern", { alias: undefined, aliases: { films: "" } }, "films"],
  ["an older snapshot without an alias", { alias: undefined, older: true }, "older"],
  ["an index to be replaced without an alias", { alias: undefined, replaceIndex: true }, "replaceIndex"],
  ["an alias for what is overwritten", { over: true }, "over"],
  ["contents that may be lost without over", { alias: undefined, loseOld: true }, "loseOld"],
  ...["80", "0", "-1", "1.5mb", "80 mib", "100b", "fast", ""].map(
    (rate): Case => [`the rate "${rate}"`, { maxBytesPerSec: rate }, "maxBytesPerSec"],
  ),
  ["the global state over an index", { alias: undefined, over: true, globalState: true }, "globalState"],
  ["the global state beside indices", { alias: undefined, globalState: true }, "indices"],
  ["the global state behind an alias", { ...STATE_ALONE, alias: "films", globalState: true }, "alias"],
  ["the global state under another name", { ...STATE_ALONE, as: "films", globalState: true }, "does not go with as"],
  ["the global state of a snapshot that has none", { ...STATE_ALONE, globalState: true, loseOld: true }, "no global state"],
  ["states of features on 5.5", { ...STATE_ALONE, featureStates: ["tasks"] }, "7.12"],
  ["no state of a feature", { ...STATE_ALONE, featureStates: [] }, "featureStates"],
  ["a data stream on 5.5", { ...STATE_ALONE, dataStreams: ["logs-app"] }, "7.9"],
  ["a loss that a data stream does not mean", { ...STATE_ALONE, dataStreams: ["logs-app"], loseOld: true }, "loseOld"],
  ["data streams as a text", { dataStreams: "logs-app" }, "dataStreams"],
  ["a rate as a number", { maxBytesPerSec: 80 }, "maxBytesPerSec"],
  ["over as a text", { alias: undefined, over: "yes" }, "over"],
  ["one alias for two indices", { indices: ["fx-orders", "fx-logs"] }, "films"],
  ["one new name for two indices", { alias: undefined, indices: ["*"], as: "films" }, "films"],
  ["an alias and a new name", { as: "films-2" }, "as"],
];

const WORLDS: Case[] = [
  [
    "the name of an open index as the alias",
    async () => {
      world.target.putIndex("films", { documents: 1 });
      return {};
    },
    "films",
  ],
  [
    "an alias that is on somebody else's index",
    async () => {
      world.target.putIndex("theirs", { documents: 1, aliases: ["films"] });
      return {};
    },
    "theirs",
  ],
  [
    "a new name that an index has",
    async () => {
      world.target.putIndex("films-2", { documents: 1 });
      return { alias: undefined, as: "films-2" };
    },
    "films-2",
  ],
  [
    "a new name that a closed index has",
    async () => {
      world.target.putIndex("films-2", { documents: 1 });
      world.target.closeIndex("films-2");
      return { alias: undefined, as: "films-2" };
    },
    "films-2",
  ],
  ["the alias of a watch that serves a newer snapshot", async () => ({ snapshot: "snap-1", alias: "orders" }), "orders"],
  [
    "a snapshot of which a blob is missing",
    async () => {
      await world.blobs(MOVED).delete([...STEP2.blobs.keys()].filter((key) => key.includes("/__")));
      return {};
    },
    "missing",
  ],
  [
    "a snapshot whose root is gone",
    async () => {
      await world.blobs(MOVED).delete([...STEP2.blobs.keys()].filter((key) => /^index-\d+$/.test(key)));
      return {};
    },
    "root",
  ],
  [
    "a disk that is too small",
    async () => {
      world.target.sizeDisks({ total: 1_000_000, free: 10 });
      return {};
    },
    "disk",
  ],
];

describe("a restore of bad input", () => {
  freshWorld({ targetVersion: "6.8.23" });

  /** Everything of the clusters and of the state that somebody could miss. */
  async function seen(): Promise<unknown> {
    const indices = await world.target.listIndices();
    const kept = (await world.stateKeys()).filter((key) => !/^(parts|evidence)\//.test(key));
    return { indices, repositories: await world.target.listRepositories(), writes: world.target.writes.length, kept };
  }

  it.each([...REQUESTS, ...WORLDS])("%s: is refused with a word for it, and changes nothing", async (_, change, says) => {
    await serveFirst();
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    const given = typeof change === "function" ? await change() : change;
    const before = await seen();
    const answer: Asked = await httpDoor(world).ask("POST", "/restores", { body: { ...RIGHT, ...given } });
    expect([400, 404, 409, 422]).toContain(answer.status);
    expect(JSON.stringify(answer.body)).toContain(says);
    expect(await seen()).toEqual(before);
  });

  it("is refused in more than fifty ways", () => expect(REQUESTS.length + WORLDS.length).toBeGreaterThan(50));

  it("starts when it is right", async () => {
    await serveFirst();
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    expect((await httpDoor(world).ask("POST", "/restores", { body: RIGHT })).status).toBe(202);
  });
});
