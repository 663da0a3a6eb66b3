import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandOf } from "../../../../infra/local/host/orphans.ts";
import { openPlaces, type Places } from "../../../../infra/local/host/places.ts";
import { keepPlan, openPlan } from "../../../../infra/local/host/plan.ts";
import { takeRun } from "../../../../infra/local/host/runs.ts";
import { keepPosition, openPosition } from "../../../../infra/local/story/position.ts";

let base: string;
let places: Places;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "ossnap-runs-test-"));
  await chmod(base, 0o755);
  places = await openPlaces({ OSSNAP_LOCAL_DIR: base });
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe("run directory", () => {
  it("is fresh and removed with the host when it was not named, and one of a dead host is swept", async () => {
    await mkdir(join(places.runs, "1763700000000-4194999"));
    const run = await takeRun(places, undefined);
    expect(await readdir(places.runs)).toEqual([run.directory.split("/").at(-1)]);
    await run.close();
    expect(await readdir(places.runs)).toEqual([]);
  });

  it("is created, kept and reopened with the same keys when it was named", async () => {
    const named = join(base, "deep", "data");
    const first = await takeRun(places, named);
    const plan = openPlan(first.directory, {});
    keepPlan(plan);
    await first.close();
    const again = await takeRun(places, named);
    expect(openPlan(again.directory, {})).toEqual(plan);
    expect((await stat(join(named, "plan.json"))).mode & 0o777).toBe(0o600);
  });

  it("is rejected while a host runs on it, and accepted when only the pid matches", async () => {
    const named = join(base, "data");
    await takeRun(places, named);
    const parent = process.ppid;
    await writeFile(join(named, "host.json"), JSON.stringify({ pid: parent, command: await commandOf(parent) }));
    await expect(takeRun(places, named)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(String(parent)) as string,
    });
    await writeFile(join(named, "host.json"), JSON.stringify({ pid: parent, command: "vim notes" }));
    expect((await takeRun(places, named)).directory).toBe(named);
  });

  it("is rejected when it holds other files", async () => {
    await writeFile(join(base, "letter.txt"), "");
    await expect(takeRun(places, base)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("name an empty or a new directory") as string,
    });
  });

  it("refuses a base with a port that HTTP clients refuse, and names another", () => {
    expect(() => openPlan(base, { OSSNAP_PORT_BASE: "9850" })).toThrow("would use port 10080, which HTTP clients refuse; choose 9870");
    expect(openPlan(base, { OSSNAP_PORT_BASE: "9870" }).ports.http).toBe(10100);
  });

  it("keeps its versions and ports, and reports a conflicting request", async () => {
    const versions = { source: "6.7.0", target: "7.10.2" };
    const plan = openPlan(base, { OSSNAP_PORT_BASE: "21000" }, versions);
    keepPlan(plan);
    expect(openPlan(base, {})).toEqual(plan);
    expect(() => openPlan(base, {}, { source: "5.5.2", target: "5.5.3" })).toThrow("it was created with --versions 6.7.0,7.10.2");
    expect(() => openPlan(base, { OSSNAP_PORT_BASE: "22000" })).toThrow("leave OSSNAP_PORT_BASE out, or set it to 21000");
    await writeFile(join(base, "plan.json"), JSON.stringify({ ...plan, run: "/elsewhere" }));
    expect(() => openPlan(base, {})).toThrow("it was created as /elsewhere");
  });
});

describe("story position", () => {
  it("keeps the nights that were chosen first, and the scenes that were played", () => {
    const position = openPosition(base, 4);
    expect(position).toMatchObject({ scenesPlayed: 0 });
    expect(position.nights).toHaveLength(4);
    keepPosition(base, { ...position, scenesPlayed: 2 });
    expect(openPosition(base, 16)).toEqual({ nights: position.nights, scenesPlayed: 2 });
  });
});
