import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RightsStage, type Role, rightsStage } from "./rightsStage.ts";
import { LACKING, play, told } from "./stories.ts";

let stage: RightsStage;

beforeAll(async () => {
  stage = await rightsStage();
  play(stage);
});
beforeEach(() => stage.reset());
afterAll(() => stage.close());

describe.each<Role>(["workers", "http", "terminal"])("the rights of %s", (role) => {
  it("suffice for all that they do", async () => {
    if (role !== "terminal") await stage.initialise("terminal");
    stage.enforce(role, stage.rights[role]);
    const text = await told(role);
    expect(text).not.toContain(LACKING);
    expect(text).toContain(role === "http" ? "verification.asked" : "published");
  }, 60_000);

  it("are named when they are missing", async () => {
    if (role !== "terminal") await stage.initialise("terminal");
    stage.enforce(role, { Version: "1", Statement: [] });
    expect(await told(role)).toContain(`${LACKING} oss:`);
  }, 60_000);
});
