import { beforeEach, describe, expect, it } from "vitest";
import type { Instances } from "../../shared/model/instances/instances.ts";

/** `es-cn-a` and `es-cn-b` are 6.7 and active, `es-cn-c` is 5.5.3 and inactive; nothing is shared. */
export interface InstancesSubject {
  instances: Instances;
}

/** The behaviour of every adapter of the port. */
export function instancesContract(name: string, open: () => Promise<InstancesSubject>): void {
  describe(`instances: ${name}`, () => {
    let instances: Instances;

    beforeEach(async () => {
      ({ instances } = await open());
    });

    it("describes an instance with its version and what it is doing", async () => {
      expect(await instances.describe("es-cn-a")).toEqual({ id: "es-cn-a", version: "6.7", status: "active" });
      expect(await instances.describe("es-cn-c")).toEqual({ id: "es-cn-c", version: "5.5.3", status: "inactive" });
    });

    it("knows no instance of another account or region", async () => {
      expect(await instances.describe("es-cn-elsewhere")).toBeUndefined();
    });

    it("lists nothing before something is shared, and every other instance as an alternative", async () => {
      expect(await instances.sharedWith("es-cn-b")).toEqual([]);
      expect(await instances.alternatives("es-cn-b")).toEqual(["es-cn-a", "es-cn-c"]);
    });

    it("lists what is shared under the name that the cluster has, with whether it can be used", async () => {
      await instances.add("es-cn-b", "es-cn-a", "token-1");
      await instances.add("es-cn-b", "es-cn-c", "token-2");
      expect(await instances.sharedWith("es-cn-b")).toEqual([
        { instance: "es-cn-a", repository: "aliyun_snapshot_from_es-cn-a", available: true },
        { instance: "es-cn-c", repository: "aliyun_snapshot_from_es-cn-c", available: false },
      ]);
      expect(await instances.sharedWith("es-cn-a")).toEqual([]);
      expect(await instances.alternatives("es-cn-b")).toEqual([]);
    });

    it("takes the same token for the same request", async () => {
      await instances.add("es-cn-b", "es-cn-a", "token-1");
      await instances.add("es-cn-b", "es-cn-a", "token-1");
      await instances.remove("es-cn-b", "es-cn-a", "token-2");
      await instances.remove("es-cn-b", "es-cn-a", "token-2");
      expect(await instances.sharedWith("es-cn-b")).toEqual([]);
    });

    it("ends one sharing and leaves the others", async () => {
      await instances.add("es-cn-b", "es-cn-a", "token-1");
      await instances.add("es-cn-b", "es-cn-c", "token-2");
      await instances.remove("es-cn-b", "es-cn-a", "token-3");
      expect((await instances.sharedWith("es-cn-b")).map(({ instance }) => instance)).toEqual(["es-cn-c"]);
    });

    it("reports an unknown target as absent, and an unknown source as not shared", async () => {
      await expect(instances.sharedWith("es-cn-elsewhere")).rejects.toMatchObject({ code: "absent" });
      await expect(instances.add("es-cn-elsewhere", "es-cn-a", "token-1")).rejects.toMatchObject({ code: "absent" });
      await expect(instances.add("es-cn-b", "es-cn-elsewhere", "token-1")).rejects.toThrow("was not shared with es-cn-b");
    });
  });
}
