import type { ErrorCode } from "../../shared/model/errors.ts";
import { fixtureRepository } from "../format/fixtureRepositories.ts";
import type { Outcome, Row } from "./clusterStage.ts";

/** How a cluster treats a repository that another version wrote: its listing, and the result of a restore. */
type Seen = readonly [listing: "all" | "none" | ErrorCode, restore: Outcome];

const TAKEN: Seen = ["all", "ok"];
/** Listed like any other, but its restore is refused. */
const REFUSED: Seen = ["all", "invalid"];
/** As if the location were empty. */
const UNSEEN: Seen = ["none", "invalid"];
const UNREADABLE: Seen = ["permanent", "permanent"];
/** 2.x finds the blobs but cannot read them; looking snapshots up by name finds none. */
const STRANGE: Seen = ["permanent", "invalid"];

export const COLUMNS = ["2.4.6", "5.5.3", "5.6.16", "6.7.0", "7.10.2", "8.17.0", "9.2.0"];

/** Maps the writing version (row) to the results of the reading versions (columns). */
export const MATRIX: Record<string, readonly Seen[]> = {
  "es-2.4.6/repo": [TAKEN, TAKEN, TAKEN, UNSEEN, UNSEEN, UNSEEN, UNSEEN],
  "es-5.5.2-chunked/repo": [STRANGE, TAKEN, TAKEN, TAKEN, REFUSED, REFUSED, REFUSED],
  "es-5.6.16/repo": [STRANGE, REFUSED, TAKEN, TAKEN, REFUSED, REFUSED, REFUSED],
  "es-6.7.0/repo": [STRANGE, REFUSED, REFUSED, TAKEN, TAKEN, REFUSED, REFUSED],
  "es-6.8.23/repo": [STRANGE, REFUSED, REFUSED, REFUSED, TAKEN, REFUSED, REFUSED],
  "es-7.4.2/repo": [STRANGE, REFUSED, REFUSED, REFUSED, TAKEN, TAKEN, REFUSED],
  "es-7.7.1/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, TAKEN, REFUSED],
  "es-7.10.2/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, TAKEN, REFUSED],
  "es-7.16.3/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, REFUSED],
  "es-7.17.9/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, REFUSED],
  "es-8.5.3/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, TAKEN],
  "es-8.9.0/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, TAKEN],
  "es-8.13.4/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, TAKEN],
  "es-8.15.3/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, TAKEN],
  "es-8.17.0/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, TAKEN, TAKEN],
  "es-9.2.0/repo": [STRANGE, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE, REFUSED, TAKEN],
};

/** The uuid by which a cluster names a snapshot is the one in the root, and the name itself for 2.x; a reading 2.x returns none. */
const UUIDS: readonly Row[] = [
  {
    name: "the uuid of a snapshot of 2.x is its name",
    from: "5.0.0",
    below: "6.0.0",
    arrange: async (stage) => void (await stage.givenRepository("given", "es-2.4.6/repo")),
    act: async ({ cluster, own }) => (await cluster.getSnapshot(own("given"), "snap-3"))?.uuid,
    expect: "snap-3",
  },
  {
    name: "the uuid of a snapshot that another version wrote is the one in its root",
    from: "5.0.0",
    below: "7.0.0",
    arrange: async (stage) => void (await stage.givenRepository("given", "es-5.5.2-migration/step2")),
    act: async ({ cluster, own }) => (await cluster.getSnapshot(own("given"), "snap-2"))?.uuid,
    expect: fixtureRepository("es-5.5.2-migration/step2").snapshots.find(({ snapshot }) => snapshot === "snap-2")?.uuid,
  },
  {
    name: "the uuid of a snapshot that a version before wrote is the one in its root",
    from: "7.0.0",
    below: "9.0.0",
    arrange: async (stage) => void (await stage.givenRepository("given", "es-7.4.2/repo")),
    act: async ({ cluster, own }) => (await cluster.getSnapshot(own("given"), "snap-3"))?.uuid,
    expect: fixtureRepository("es-7.4.2/repo").snapshots.find(({ snapshot }) => snapshot === "snap-3")?.uuid,
  },
  {
    name: "2.x returns no uuid",
    below: "5.0.0",
    arrange: async (stage) => void (await stage.givenRepository("given", "es-2.4.6/repo")),
    act: async ({ cluster, own }) => (await cluster.getSnapshot(own("given"), "snap-3"))?.uuid,
    expect: undefined,
  },
];

export function versionRows(version: string): Row[] {
  const column = COLUMNS.indexOf(version);
  const rows = Object.entries(MATRIX).flatMap(([fixture, seen]) => {
    const expected = seen[column];
    return expected === undefined ? [] : [versionRow(fixture, expected)];
  });
  return [...rows, ...UUIDS];
}

function versionRow(fixture: string, expected: Seen): Row {
  return {
    name: `${fixture}: ${expected[0]} listed, restore ${expected[1]}`,
    async arrange(stage) {
      await stage.givenRepository("given", fixture);
    },
    async act(stage) {
      const listed = await stage.listed("given");
      const restored = await stage.restore("given", "snap-3", "fx-orders", "a", { foreign: true });
      await stage.restored();
      const documents = restored === "ok" ? await stage.cluster.countDocuments(stage.own("a")) : undefined;
      return [
        Array.isArray(listed) ? (listed.includes("snap-3") ? "all" : listed.length === 0 ? "none" : listed) : listed,
        restored,
        documents,
      ];
    },
    expect: [...expected, expected[1] === "ok" ? 5 : undefined],
  };
}
