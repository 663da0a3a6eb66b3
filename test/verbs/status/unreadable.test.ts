import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import { raiseNotice } from "../../../shared/notices/notices.ts";
import { showStatus } from "../../../shared/verbs/status/show.ts";
import { testWorld } from "../../world/world.ts";

describe("the status with an open notice that cannot be read", () => {
  it("shows it as such, and the others", async () => {
    const world = await testWorld();
    const why = reason("copy.failed", { key: "__1", because: "denied" });
    await raiseNotice(await world.open(), { key: "copy-failed:move", code: "copy.failed", severity: "bad", reason: why });
    await world.state.put("live/notices/late%3Anightly.json", Buffer.from("no JSON"));
    const { late } = await showStatus(await world.open(), { rows: [], unread: [] });
    expect(late.map(({ key, code }) => [key, code])).toEqual([
      ["copy-failed:move", "copy.failed"],
      ["late:nightly", "notice.unreadable"],
    ]);
  });
});
