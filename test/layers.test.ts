import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOMS } from "./layers.ts";

/** Every pair of rooms in which the first must not import the second: a rule of the linter that is removed or thinned leaves some of them unnoticed. */
const FORBIDDEN_PAIRS = Object.entries(ROOMS).flatMap(([room, allowed]) =>
  [...Object.keys(ROOMS), "infra", "functions"]
    .filter((other) => other !== room && !allowed.includes(other))
    .map((other) => [`shared/${room}/from${other}.ts`, `export * from "../${other in ROOMS ? "" : "../"}${other}/x.ts";`] as const),
);
const CLOCKED = ["shared/model", "shared/words", "shared/repository", "shared/format", "shared/proof", "shared/plan"].flatMap((folder) => [
  [`${folder}/clock.ts`, "export const now = Date.now();"] as const,
  [`${folder}/chance.ts`, "export const chance = Math.random();"] as const,
  [`${folder}/reading.ts`, 'export * from "node:fs";'] as const,
]);

/** One line in a file of its own, at a place where the linter must reject or accept it. */
const REJECTED: readonly (readonly [file: string, code: string])[] = [
  ...FORBIDDEN_PAIRS,
  ...CLOCKED,
  ["shared/model/a.ts", 'export * from "../format/keys.ts";'],
  ["shared/format/a.ts", 'export * from "../proof/closure.ts";'],
  ["shared/proof/a.ts", 'export * from "../plan/versions.ts";'],
  ["shared/plan/a.ts", 'export * from "../state/keys.ts";'],
  ["shared/state/a.ts", 'export type { World } from "../jobs/world.ts";'],
  ["shared/reader/a.ts", 'export type { World } from "../jobs/world.ts";'],
  ["shared/reader/prove/a.ts", 'export type { World } from "../../jobs/world.ts";'],
  ["shared/jobs/a.ts", 'export * from "../reader/evidence.ts";'],
  ["shared/jobs/b.ts", 'export * from "../verbs/backup/ask.ts";'],
  ["shared/notices/a.ts", 'export * from "../verbs/backup/ask.ts";'],
  ["shared/verbs/copy/a.ts", 'export * from "../../tick/advance.ts";'],
  ["shared/verbs/copy/b.ts", 'export * from "../backup/step.ts";'],
  ["shared/verbs/copy/c.ts", 'export * from "../../adapters/oss/blobStore.ts";'],
  ["shared/tick/a.ts", 'export * from "../runtime/wire.ts";'],
  ["shared/adapters/oss/a.ts", 'export * from "../../jobs/log.ts";'],
  ["shared/runtime/a.ts", 'export * from "../adapters/oss/blobStore.ts";'],
  ["infra/cli/a.ts", 'export * from "../../shared/adapters/oss/blobStore.ts";'],
  ["functions/a.ts", 'export * from "../shared/verbs/backup/ask.ts";'],
  ["shared/verbs/copy/stepA.ts", "export const now = Date.now();"],
  ["shared/verbs/copy/stepB.ts", 'export * from "./gather.ts";'],
  ["shared/verbs/copy/stepC.ts", 'export type { World } from "../../jobs/world.ts";'],
  ["shared/verbs/copy/stepD.ts", 'export * from "node:fs";'],
  ["shared/verbs/copy/stepF.ts", 'export * from "./publish.ts";'],
  ["shared/verbs/copy/stepG.ts", 'export * from "../../jobs/claim.ts";'],
  ["shared/verbs/copy/f.ts", 'export * from "../../../infra/cli/verbs.ts";'],
  ["shared/verbs/copy/g.ts", 'export * from "../../words/reason.ts";'],
  ["shared/plan/d.ts", 'export * from "fs";'],
  ["shared/verbs/copy/planA.ts", "export const chance = Math.random();"],
  ["shared/plan/b.ts", "export const now = new Date();"],
  ["shared/plan/c.ts", 'export * from "node:fs/promises";'],
  ["shared/proof/b.ts", 'import { randomUUID } from "node:crypto";\nexport const id = randomUUID();'],
];
const ACCEPTED: readonly (readonly [file: string, code: string])[] = [
  ["shared/verbs/copy/d.ts", 'export * from "../backup/ask.ts";\nexport * from "../restore/gather.ts";'],
  ["shared/verbs/copy/stepE.ts", 'export type { Job } from "../../jobs/record.ts";\nexport * from "./plan.ts";'],
  ["shared/verbs/copy/e.ts", "export const now = Date.now();"],
  ["shared/reader/b.ts", 'export * from "../plan/versions.ts";'],
  ["shared/runtime/wire.ts", 'export * from "../adapters/oss/blobStore.ts";'],
  ["functions/b.ts", 'export * from "../shared/tick/advanceJobs.ts";\nexport * from "../shared/runtime/handler.ts";'],
];

describe("the linter enforces the layers and purity", () => {
  let root: string;
  let faulty: Set<string>;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "ossnap-layers-"));
    cpSync("biome.json", join(root, "biome.json"));
    cpSync("infra/lint", join(root, "infra", "lint"), { recursive: true });
    for (const [file, code] of [...REJECTED, ...ACCEPTED]) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), `${code}\n`);
    }
    const biome = resolve("node_modules/@biomejs/biome/bin/biome");
    const words = [biome, "lint", "--reporter=github", "--max-diagnostics=none", "."];
    const { stdout } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" });
    faulty = new Set(
      [...stdout.matchAll(/^::error .*?file=(?:\.\/)?([^,]+),/gm)].map(([, file]) => relative(root, resolve(root, file as string))),
    );
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each(REJECTED)("rejects in %s: %s", (file) => {
    expect([...faulty]).toContain(file);
  });

  it.each(ACCEPTED)("accepts in %s: %s", (file) => {
    expect([...faulty]).not.toContain(file);
  });
});
