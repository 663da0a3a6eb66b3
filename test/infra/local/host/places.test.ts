import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  fillOnce,
  makeServerDirectories,
  openForReading,
  openPlaces,
  openRun,
  requireEnterable,
  serverUid,
} from "../../../../infra/local/host/places.ts";

const isRoot = process.getuid?.() === 0;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-places-test-"));
  await chmod(directory, 0o755);
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("directories of the local host", () => {
  it("are below OSSNAP_LOCAL_DIR and accessible to every user, whatever the umask", async () => {
    const umask = process.umask(0o077);
    try {
      const places = await openPlaces({ OSSNAP_LOCAL_DIR: join(directory, "deep", "base") });
      const run = await openRun(places, "run-1");

      expect(run).toBe(join(directory, "deep", "base", "runs", "run-1"));
      for (const path of [places.base, places.distributions, places.tools, places.runs, run])
        expect((await stat(path)).mode & 0o777).toBe(0o755);
    } finally {
      process.umask(umask);
    }
  });

  it("are in the temporary directory, one per user, by default", async () => {
    expect((await openPlaces({})).base).toMatch(new RegExp(`^${tmpdir()}/ossnap-.+`));
    expect((await openPlaces({ OSSNAP_LOCAL_DIR: "" })).base).toMatch(new RegExp(`^${tmpdir()}/ossnap-.+`));
  });

  it.runIf(isRoot)("report the directory that the server's user cannot enter", async () => {
    await chmod(directory, 0o700);

    await expect(requireEnterable(directory, "source Elasticsearch")).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(new RegExp(`^source Elasticsearch: .*cannot enter ${directory},`)),
    });
  });

  it.runIf(isRoot)("are handed over to the server's user with their contents", async () => {
    await writeFile(join(directory, "index-0"), "");
    await makeServerDirectories([directory, join(directory, "data")]);

    for (const path of [directory, join(directory, "index-0"), join(directory, "data")]) expect((await stat(path)).uid).toBe(serverUid());
  });
});

describe("shared directory", () => {
  it("is filled once despite concurrent requests, and is never visible half full", async () => {
    const target = join(directory, "tools", "thing-1");
    let fills = 0;
    const fill = async (temporary: string) => {
      fills += 1;
      await writeFile(join(temporary, "a"), "1");
      await expect(stat(target)).rejects.toMatchObject({ code: "ENOENT" });
      await writeFile(join(temporary, "b"), "2");
    };
    await fillOnce(target, fill);
    await fillOnce(target, fill);
    expect(fills).toBe(1);

    const racing = join(directory, "tools", "thing-2");
    await Promise.all([1, 2, 3].map((racer) => fillOnce(racing, (temporary) => writeFile(join(temporary, "a"), String(racer)))));
    expect(await readFile(join(racing, "a"), "utf8")).toMatch(/^[123]$/);
    expect((await readdir(join(directory, "tools"))).sort()).toEqual(["thing-1", "thing-2"]);
  });

  it("leaves nothing behind when filling fails, and can be retried", async () => {
    const target = join(directory, "thing");
    const failure = fillOnce(target, async (temporary) => {
      await writeFile(join(temporary, "half"), "");
      throw new Error("planted");
    });
    await expect(failure).rejects.toThrow("planted");
    expect(await readdir(directory)).toEqual([]);

    await fillOnce(target, async () => undefined);
    expect(await readdir(directory)).toEqual(["thing"]);
  });

  it("is readable by every user after it was opened", async () => {
    const target = join(directory, "closed");
    await fillOnce(target, async (temporary) => {
      await writeFile(join(temporary, "file"), "", { mode: 0o600 });
      await openForReading(temporary);
    });

    expect((await stat(join(target, "file"))).mode & 0o777).toBe(0o644);
  });
});
