import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { entryOf } from "../../shared/notices/entryOf.ts";
import { raiseNotice } from "../../shared/notices/notices.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { testWorld } from "../world/world.ts";

/** Kinds of notice that are about an index or a snapshot, which outlives the entry that it came from. */
const OF_NO_ENTRY = ["retire-unserved", "retire-failed", "retired-serves"];

const VERBS = new URL("../../shared/verbs/", import.meta.url).pathname;

function sources(): string[] {
  return readdirSync(VERBS, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(VERBS, name), "utf8"));
}

describe("the entry of ossnap.yaml that a notice is about", () => {
  it.each([
    ["late:nightly", "backups", "nightly"],
    ["copy-failed:move", "copies", "move"],
    ["watch-older:orders", "watches", "orders"],
    ["snapshot-lost:backups", "repositories", "backups"],
    ["look-failed:watches.a.b", "watches", "a.b"],
    ["look-failed:prunes.nightly", "backups", "nightly"],
    ["config.changed:arrival/orders", "watches", "orders"],
    ["restore-failed:orders", "watches", "orders"],
    ["verify-failed:rh/v1/footers", "repositories", "rh"],
  ])("%s is about %s.%s", (key, section, name) => {
    expect(entryOf(key)).toEqual({ section, name });
  });

  it.each(["restore-failed:target/orders", "retire-failed:orders-1", "nonsense", "config.changed:prune/nightly"])(
    "%s is about none",
    (key) => {
      expect(entryOf(key)).toBeUndefined();
    },
  );

  it("is known for every kind of notice that a verb raises", () => {
    const kinds = new Set(
      sources().flatMap((text) => [...text.matchAll(/[kK]ey(?: =|:)[^;\n]*?`([a-z-]+):\$/g)].map(([, kind = ""]) => kind)),
    );
    expect(kinds.size).toBeGreaterThan(14);
    expect([...kinds].filter((kind) => entryOf(`${kind}:x`) === undefined).sort()).toEqual(OF_NO_ENTRY.toSorted());
  });
});

describe("a notice about an entry that left ossnap.yaml", () => {
  it("is resolved, and one about an entry that is there is not", async () => {
    const world = await testWorld();
    const [there = ""] = Object.keys(world.config.backups);
    for (const name of ["removed", there]) {
      const fact = { key: `backup-failed:${name}`, code: "backup.failed", severity: "bad" as const };
      await raiseNotice(await world.open(), { ...fact, reason: reason("config.entryGone", { section: "backups", name }) });
    }
    await advanceJobs(await world.open());
    expect(world.notices.filter(({ status }) => status === "resolved")).toMatchObject([
      { key: "backup-failed:removed", reason: { code: "config.entryGone", params: { section: "backups", name: "removed" } } },
    ]);
    expect(world.notices.filter(({ key }) => key === `backup-failed:${there}`)).toMatchObject([{ status: "firing" }]);
  });
});
