import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { applySharing, drySharing } from "../../../shared/verbs/sharing/apply.ts";
import { instancesWorld, sharedWorld } from "../../golden/sharingCases.ts";

const REQUEST = { cluster: "target", instance: "es-cn-older" };
const lost = new AppError("transient", "no answer");

describe("applySharing", () => {
  it("changes nothing in a dry run", async () => {
    const world = await instancesWorld();
    expect((await drySharing(await world.open(), "add", REQUEST)).refusals).toEqual([]);
    expect(await world.instances.sharedWith("es-cn-ours")).toEqual([]);
  });

  it("takes a change whose answer was lost for made when the list shows it", async () => {
    const world = await instancesWorld();
    const { add } = world.instances;
    world.instances.add = async (...args) => {
      await add(...args);
      throw lost;
    };
    expect(await applySharing(await world.open(), "add", REQUEST)).toMatchObject({ done: true });
    expect(await world.instances.sharedWith("es-cn-ours")).toHaveLength(1);
  });

  it("reports a lost answer as it is when the list does not show the change", async () => {
    const world = await sharedWorld();
    world.instances.failNext("remove", lost);
    await expect(applySharing(await world.open(), "remove", REQUEST)).rejects.toBe(lost);
  });

  it("does not take an accepted request for done while the list does not show it", async () => {
    const world = await instancesWorld();
    world.instances.add = async () => undefined;
    await expect(applySharing(await world.open(), "add", REQUEST)).rejects.toMatchObject({ code: "transient" });
  });

  it("finds an instance by the name of a cluster of ossnap.yaml", async () => {
    const world = await instancesWorld();
    const source = world.config.clusters.source ?? { url: "" };
    world.config.clusters.source = { ...source, instanceId: "es-cn-older" };
    const { plan } = await applySharing(await world.open(), "add", { ...REQUEST, instance: "source" });
    expect(plan.instance).toBe("es-cn-older");
  });

  it("sends nothing for a cluster whose instance ossnap.yaml does not name", async () => {
    const world = await instancesWorld();
    world.instances.failNext("describe", lost);
    const asked = applySharing(await world.open(), "add", { ...REQUEST, cluster: "source" });
    await expect(asked).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("clusters.source.instanceId: is missing"),
    });
  });
});
