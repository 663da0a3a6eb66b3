import { describe, expect, it } from "vitest";
import { registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { listRepositories } from "../../../shared/verbs/repositories/show.ts";
import { withMovies } from "../../world/nightly.ts";
import type { TestWorld } from "../../world/world.ts";

const row = async (world: TestWorld, name = "backups") => (await listRepositories(await world.open())).find((one) => one.name === name);
const registeredSettings = async (world: TestWorld) =>
  (await world.source.listRepositories()).find(({ name }) => name === "backups")?.settings;

/** The same place, registered with another chunk size. */
async function registeredElsewhere(): Promise<TestWorld> {
  const world = await withMovies();
  const settings = { location: "/srv/backups", chunk_size: "64mb" };
  await world.source.putRepository({ name: "backups", type: "fs", settings }, { verify: false });
  return world;
}

/** What ossnap.yaml says from now on. */
function configure(world: TestWorld, settings: Record<string, string | boolean>): void {
  const repository = world.config.repositories.backups;
  if (repository?.register) repository.register = { type: "fs", settings: { location: "/srv/backups", ...settings } };
}

describe("settings that another client registered", () => {
  it("are kept without overwrite: the refusal names the old and the new value", async () => {
    const world = await registeredElsewhere();
    await expect(registerByHand(await world.open(), "backups")).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("chunk_size: 64mb → not set"),
      reason: { code: "repository.overwrites", params: { settings: ["chunk_size: 64mb → not set"] } },
    });
    expect(await registeredSettings(world)).toMatchObject({ chunk_size: "64mb" });
    expect(await row(world)).toMatchObject({ state: "different", overwrites: true });
  });

  it("are replaced with overwrite, and the log has the old values", async () => {
    const world = await registeredElsewhere();
    expect(await registerByHand(await world.open(), "backups", { overwrite: true })).toMatchObject({ state: "same", overwrites: false });
    expect(await registeredSettings(world)).not.toHaveProperty("chunk_size");
    const logged = world.lines.filter(({ message }) => message === "registration overwrites settings");
    expect(JSON.stringify(logged)).toContain("chunk_size: 64mb → not set");
  });

  it("are not made writable: readonly of the cluster is a setting like others", async () => {
    const world = await withMovies();
    const settings = { location: "/srv/backups", readonly: true };
    await world.source.putRepository({ name: "backups", type: "fs", settings }, { verify: false });
    await expect(registerByHand(await world.open(), "backups")).rejects.toMatchObject({ reason: { code: "repository.overwrites" } });
    configure(world, { readonly: true });
    await registerByHand(await world.open(), "backups");
  });

  it("lose to a read-only registration, which every copy needs", async () => {
    const world = await withMovies();
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    configure(world, { readonly: true });
    expect(await registerByHand(await world.open(), "backups")).toMatchObject({ state: "same" });
  });
});

describe("settings that ossnap registered itself", () => {
  it("follow ossnap.yaml without overwrite", async () => {
    const world = await withMovies();
    configure(world, { chunk_size: "1gb" });
    await registerByHand(await world.open(), "backups");
    configure(world, { chunk_size: "512mb", max_snapshot_bytes_per_sec: "80mb" });
    expect(await row(world)).toMatchObject({ state: "different", overwrites: false });
    await registerByHand(await world.open(), "backups");
    expect(await registeredSettings(world)).toMatchObject({ chunk_size: "512mb", max_snapshot_bytes_per_sec: "80mb" });
  });

  it("need it again once another client changed one of them", async () => {
    const world = await withMovies();
    await registerByHand(await world.open(), "backups");
    const settings = { location: "/srv/backups", max_snapshot_bytes_per_sec: "10mb" };
    await world.source.putRepository({ name: "backups", type: "fs", settings }, { verify: false });
    await expect(registerByHand(await world.open(), "backups")).rejects.toMatchObject({ reason: { code: "repository.overwrites" } });
  });
});
