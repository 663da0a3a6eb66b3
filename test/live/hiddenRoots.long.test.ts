import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClusterFixture } from "../contract/clusterFixture.ts";
import { openReal } from "./realCluster.ts";

const EMPTY = JSON.stringify({ snapshots: [], indices: {} });

describe.each((process.env.OSSNAP_ES_VERSIONS ?? "5.5.3 7.10.2").split(" "))(
  "a key that hides the root from Elasticsearch %s",
  (version) => {
    let fixture: ClusterFixture;
    beforeAll(async () => {
      fixture = await openReal(version);
    }, 180_000);
    afterAll(() => fixture?.close());

    it.each(["index-9007199254740991", "index-9223372036854775807"])("is %s: nothing else is read", async (key) => {
      const repository = await fixture.givenRepository(`with-${key}`, "es-5.5.2-migration/step2");
      await writeFile(join(String(repository.settings.location), key), EMPTY);
      await fixture.cluster.putRepository(repository, { verify: false });
      expect(await fixture.cluster.listSnapshots(repository.name).catch((error: Error) => error.message)).toEqual([]);
    });

    it("is not one above the largest long", async () => {
      const repository = await fixture.givenRepository("above", "es-5.5.2-migration/step2");
      await writeFile(join(String(repository.settings.location), "index-9223372036854775808"), EMPTY);
      await fixture.cluster.putRepository(repository, { verify: false });
      expect((await fixture.cluster.listSnapshots(repository.name)).map(({ name }) => name)).toEqual(["snap-1", "snap-2"]);
    });
  },
);
