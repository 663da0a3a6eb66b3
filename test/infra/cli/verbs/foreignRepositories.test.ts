import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { classifyKey } from "../../../../shared/format/keys.ts";
import { renamed, UNLISTED, withUnlisted } from "../../../format/changedRepositories.ts";
import { fixtureRepository } from "../../../format/fixtureRepositories.ts";
import { flat, inDirectory, runCli, runHere } from "../runCli.ts";

const FIXTURE = fixtureRepository("es-5.5.2-migration/step2");
const uuidOf = (name: string) => FIXTURE.snapshots.find(({ snapshot }) => snapshot === name)?.uuid ?? "";

/** Runs the words over the repository in a directory; PLACE stands for its URL. */
const over = (blobs: ReadonlyMap<string, Uint8Array>, ...words: string[]) => ranOver(runHere, blobs, words);

async function ranOver(run: typeof runHere, blobs: ReadonlyMap<string, Uint8Array>, words: readonly string[]) {
  return inDirectory(async (directory) => {
    for (const [key, bytes] of blobs) {
      await mkdir(dirname(join(directory, "repo", key)), { recursive: true });
      await writeFile(join(directory, "repo", key), bytes);
    }
    const line = words.map((word) => (word === "PLACE" ? `file://${join(directory, "repo")}` : word));
    return run(line, { cwd: directory });
  });
}

describe("repositories that others wrote, on the terminal", { timeout: 60_000 }, () => {
  it("end with what to delete when one snapshot is broken, in text and in JSON", async () => {
    const key = `snap-${uuidOf("snap-2")}.dat`;
    const broken = new Map([...FIXTURE.blobs].filter(([name]) => name !== key));
    const [text, json, one] = await Promise.all([
      over(broken, "verify", "PLACE"),
      over(broken, "verify", "PLACE", "--json"),
      over(broken, "verify", "PLACE", "--snapshot", "snap-2"),
    ]);
    expect(text.exitCode).toBe(3);
    expect(text.stdout).toMatch(/1 of 2 restorable snapshots whole\ndelete the broken snapshots .*: snap-2\n/);
    expect(text.stdout).toContain("\n    DELETE _snapshot/REPOSITORY/snap-2\n");
    expect(flat(text.stdout)).toContain(`put an empty object there first: ${key}`);
    expect(JSON.parse(json.stdout).data.proposal).toMatchObject({
      delete: [{ name: "snap-2", uuid: uuidOf("snap-2") }],
      whole: 1,
      reason: { code: "proposal.delete" },
      notes: [
        { code: "proposal.notWhileCopied" },
        { code: "proposal.noListing" },
        { code: "proposal.noRecord", params: { keys: [key] } },
        { code: "proposal.emptyObject" },
      ],
    });
    // Whether the rest is whole is not known.
    expect(one.stdout).not.toContain("DELETE");
  });

  it("are verified by uuid where two snapshots have one name, and the table shows both uuids", async () => {
    const shared = renamed(FIXTURE.blobs, "snap-2", "snap-1");
    const [named, byUuid, all, survey] = await Promise.all([
      over(shared, "verify", "PLACE", "--snapshot", "snap-1"),
      over(shared, "verify", "PLACE", "--snapshot", uuidOf("snap-2"), "--json"),
      over(shared, "verify", "PLACE"),
      over(shared, "snapshots", "PLACE"),
    ]);
    expect([named.exitCode, named.stderr]).toEqual([2, expect.stringMatching(/give the uuid:\s/)]);
    expect(JSON.parse(byUuid.stdout).data.snapshots).toMatchObject([{ name: "snap-1", uuid: uuidOf("snap-2"), verdict: "whole" }]);
    for (const name of ["snap-1", "snap-2"]) {
      expect(all.stdout).toContain(`uuid ${uuidOf(name)}`);
      expect(survey.stdout).toContain(`snap-1 (${uuidOf(name)})`);
    }
    expect(all.stdout).toContain("lists several snapshots named snap-1");
    expect(all.exitCode).toBe(0);
  });

  it("do not pass where the root names a snapshot that it does not list, in verify and in snapshots", async () => {
    const [verified, surveyed] = await Promise.all([
      over(withUnlisted(FIXTURE.blobs), "verify", "PLACE"),
      over(withUnlisted(FIXTURE.blobs), "snapshots", "PLACE", "--json"),
    ]);
    expect(verified.exitCode).toBe(3);
    expect(flat(verified.stdout)).toContain(`index-1 names 1 snapshot that it does not list (first ${UNLISTED} of index fx-empty)`);
    expect(surveyed.exitCode).toBe(3);
    expect(JSON.parse(surveyed.stdout).data.unlisted).toEqual({ count: 1, named: [{ uuid: UNLISTED, index: "fx-empty" }] });
  });

  it("show no generation for the root of 2.x", async () => {
    const { exitCode, stdout } = await over(fixtureRepository("es-2.4.6/repo").blobs, "verify", "PLACE", "--level", "names");
    expect([exitCode, stdout.split("\n")[0]]).toEqual([0, expect.stringMatching(/repo {2}format 2\.x, root index$/)]);
  });
});

describe("repositories that are odd or hostile, on the terminal", { timeout: 60_000 }, () => {
  it("are whole although index.latest names another root, which is noted", async () => {
    const pointed = (generation: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(generation));
      return new Map([...FIXTURE.blobs, ["index.latest", bytes]]);
    };
    const [right, wrong, json] = await Promise.all([
      over(FIXTURE.blobs, "verify", "PLACE"),
      over(pointed(255), "verify", "PLACE"),
      over(pointed(255), "verify", "PLACE", "--json"),
    ]);
    expect([right.exitCode, wrong.exitCode]).toEqual([0, 0]);
    expect(right.stdout).not.toContain("index.latest");
    expect(flat(wrong.stdout)).toMatch(
      /! index\.latest names index-255, but the newest root is index-\d+: clusters that can list .* ignore it/,
    );
    expect(JSON.parse(json.stdout).data.pointer).toMatchObject({ code: "root.wrongPointer", params: { latest: "index-255" } });
  });

  it("are shown and verified when the root lists an impossible time and a name of megabytes", async () => {
    const [rootKey = ""] = [...FIXTURE.blobs.keys()]
      .filter((key) => /^index-\d+$/.test(key))
      .sort()
      .slice(-1);
    const root = JSON.parse(Buffer.from(FIXTURE.blobs.get(rootKey) as Uint8Array).toString());
    const far = { name: "far", uuid: "far", state: 1, start_time_millis: Number.MAX_SAFE_INTEGER };
    root.snapshots.push(far, { name: "n".repeat(2_000_000), uuid: "long", state: 1 });
    const blobs = new Map([...FIXTURE.blobs, [rootKey, Buffer.from(JSON.stringify(root))]]);
    const [verified, shown, json] = await Promise.all([
      over(blobs, "verify", "PLACE"),
      over(blobs, "snapshots", "PLACE"),
      over(blobs, "snapshots", "PLACE", "--json"),
    ]);
    expect([verified.exitCode, shown.exitCode, json.exitCode]).toEqual([3, 3, 3]);
    expect(flat(verified.stdout)).toContain("2 of 4 restorable snapshots whole");
    for (const { stdout } of [verified, shown]) {
      expect(flat(stdout)).toContain("is after the year 9998");
      expect(stdout.length).toBeLessThan(20_000);
    }
    expect(JSON.stringify(JSON.parse(json.stdout).data)).toContain("(2000000 characters)");
  });

  it.each(["globalMetadata", "indexMetadata", "shardSnapshot"])("are not shown as whole by a survey without a %s", async (kind) => {
    const key = [...FIXTURE.blobs.keys()].find((name) => classifyKey(name).kind === kind && name.includes(uuidOf("snap-1"))) ?? "";
    const broken = new Map([...FIXTURE.blobs].filter(([name]) => name !== key));
    const [text, json] = await Promise.all([over(broken, "snapshots", "PLACE"), over(broken, "snapshots", "PLACE", "--json")]);
    expect([text.exitCode, json.exitCode]).toEqual([3, 3]);
    expect(text.stdout).toMatch(/snap-1 .* SUCCESS, ✗ incomplete +– +– +– +–/);
    expect(text.stdout).toContain("Missing: 1 metadata blob, so these cannot be restored as a whole: snap-1 (1)\n");
    expect(text.stdout).toContain(key);
    expect(flat(text.stdout)).toMatch(/What is missing of each snapshot, and what helps: \S.* verify file:/);
    const { data } = JSON.parse(json.stdout);
    expect(data).toMatchObject({ missingMetadata: { blobs: 1, withoutKey: 0 }, missing: [{ key, foundBytes: null }] });
    expect(data.snapshots.map((row: { name: string; bytes: number | null }) => [row.name, row.bytes === null])).toEqual([
      ["snap-2", false],
      ["snap-1", true],
    ]);
  });

  it("tell of links, end with 3, and propose no deletion", async () => {
    await inDirectory(async (directory) => {
      const repository = join(directory, "repo");
      for (const [key, bytes] of FIXTURE.blobs) {
        const path = join(directory, key.startsWith("indices/") ? "elsewhere" : "repo", key);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
      }
      await symlink("../elsewhere/indices", join(repository, "indices"));
      const lines = [["verify"], ["verify", "--json"], ["snapshots"], ["snapshots", "--json"]];
      const ran = [];
      for (const [verb = "", ...options] of lines) ran.push(await runHere([verb, `file://${repository}`, ...options], { cwd: directory }));
      expect(ran.map(({ exitCode }) => exitCode)).toEqual([3, 3, 3, 3]);
      const [verified, verifiedJson, surveyed, surveyedJson] = ran.map(({ stdout }) => stdout);
      for (const text of [verified, surveyed]) {
        expect(flat(text ?? "")).toContain(`1 link is not followed (first file://${repository}/indices)`);
        expect(flat(text ?? "")).toContain("copy the files instead of linking them");
        expect(text).not.toContain("put the missing blobs back");
      }
      for (const text of [verifiedJson, surveyedJson])
        expect(JSON.parse(text ?? "").data.links).toMatchObject({ count: 1, first: "indices", reason: { code: "place.links" } });
      expect(JSON.parse(verifiedJson ?? "").data).not.toHaveProperty("proposal");
    });
  });

  it("end with what helps where an entry of the root cannot be read", async () => {
    const root = JSON.parse(Buffer.from(FIXTURE.blobs.get("index-1") as Uint8Array).toString());
    root.snapshots[0].state = 9;
    const [{ name }] = root.snapshots;
    const { stdout, exitCode } = await over(new Map(FIXTURE.blobs).set("index-1", Buffer.from(JSON.stringify(root))), "verify", "PLACE");
    expect(exitCode).toBe(3);
    const text = flat(stdout);
    expect(text).toContain(`1 of 2 restorable snapshots whole\nindex-1 has 1 entry that ossnap cannot read (of ${name})`);
    expect(text).toContain("put index-1 back from another copy or from an earlier version of the bucket");
    expect(stdout).not.toMatch(/^ +DELETE /m);
  });

  it("spell a line break in a name in one way on both outputs", async () => {
    // The only process here: what reaches its two outputs is what the others show.
    const { stdout, stderr } = await ranOver(runCli, renamed(FIXTURE.blobs, "snap-2", "two\nlines"), ["verify", "PLACE"]);
    for (const text of [stdout, stderr]) expect(text).toContain("two\\u000alines");
  });
});
