import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RamDocument } from "../../shared/plan/rights/documents.ts";
import { type RightsStage, type Role, rightsStage } from "./rightsStage.ts";
import { LACKING, play, told } from "./stories.ts";

let stage: RightsStage;

beforeAll(async () => {
  stage = await rightsStage();
  play(stage);
});
beforeEach(() => stage.reset());
afterAll(() => stage.close());

/** By role, each action on each resource. */
function singles(document: RamDocument): { action: string; resource: string }[] {
  return document.Statement.flatMap(({ Action, Resource = [] }) =>
    Action.flatMap((action) => Resource.map((resource) => ({ action, resource }))),
  );
}

function without(document: RamDocument, action: string, resource: string): RamDocument {
  const Statement = document.Statement.flatMap((one) => {
    if (!one.Resource?.includes(resource) || !one.Action.includes(action)) return [one];
    const others = one.Resource.filter((other) => other !== resource);
    const rest = one.Action.filter((other) => other !== action);
    return [
      ...(others.length > 0 ? [{ ...one, Resource: others }] : []),
      ...(rest.length > 0 ? [{ ...one, Action: rest, Resource: [resource] }] : []),
    ];
  });
  return { Version: "1", Statement };
}

describe.each<Role>(["workers", "http", "terminal"])("the rights of %s", (role) => {
  it("are each needed: without one, the run that needs it names it", async () => {
    const unneeded: unknown[] = [];
    for (const { action, resource } of singles(stage.rights[role])) {
      await stage.reset();
      if (role !== "terminal") await stage.initialise("terminal");
      stage.enforce(role, without(stage.rights[role], action, resource));
      const text = await told(role, action);
      if (!text.includes(`${LACKING} ${action}`)) unneeded.push([action, resource, text.slice(0, 500)]);
    }
    expect(unneeded).toEqual([]);
  }, 600_000);
});
