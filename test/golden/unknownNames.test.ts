import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EXIT } from "../../infra/cli/exitCodes.ts";
import { runCommand } from "../../infra/cli/program.ts";
import { VERBS } from "../../infra/cli/verbs.ts";
import { enter } from "./memorySession.ts";
import { nights } from "./stages.ts";

vi.mock("../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./memorySession.ts");
  return { ...(await original<typeof import("../../infra/cli/session.ts")>()), openSession: openMemorySession };
});

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

const SNAPSHOT = "nightly-20261121t013000z-1-88f81";
/** A line for each place where a verb takes a name, with a name that nothing has, and what the message must contain. */
const LINES: readonly (readonly [line: string, names: string])[] = [
  ["backup nowhere", "nightly"],
  ["backup nowhere --dry-run", "nightly"],
  ["prune nowhere", "nightly"],
  ["prune nowhere --apply 12345678", "nightly"],
  ["delete nosuch --repository backups", "ossnap snapshots --repository backups"],
  [`delete ${SNAPSHOT.slice(0, -1)} --repository backups`, SNAPSHOT],
  [`delete ${SNAPSHOT} --repository nowhere`, "backups"],
  ["delete --broken --repository nowhere", "backups"],
  ["copy nowhere", "none"],
  ["verify nowhere", "backups"],
  ["verify file:///no/such/directory", "/no/such/directory"],
  ["verify moved", "no root"],
  [`restore ${SNAPSHOT} --repository nowhere --to target`, "backups"],
  [`restore ${SNAPSHOT} --repository backups --to nowhere`, "source"],
  ["snapshots nowhere", "backups"],
  ["snapshots file:///no/such/directory", "/no/such/directory"],
  ["snapshots --policy nowhere", "nightly"],
  ["snapshots --repository nowhere", "backups"],
  ["pin nosuch --repository backups --because x", "ossnap snapshots --repository backups"],
  ["pin nightly --repository backups --because x", SNAPSHOT],
  [`pin ${SNAPSHOT} --repository nowhere --because x`, "backups"],
  ["unpin nosuch --repository backups", "nothing is pinned there"],
  [`unpin ${SNAPSHOT} --repository nowhere`, "backups"],
  ["jobs show backup-nightly-20200101t000000z", "ossnap jobs"],
  ["jobs show backup-nightly-20261121", "perhaps backup-nightly-20261121t013000z"],
  ["jobs show dance-1", "backup-"],
  ["jobs cancel backup-nightly-20200101t000000z --yes", "ossnap jobs"],
  ["jobs rollback nosuch", "ossnap jobs --kind restore"],
  ["jobs rollback restore-0000000000000000 --yes", "ossnap jobs --kind restore"],
  ["jobs cancel nosuch", "--yes"],
  ["jobs cancel nosuch --yes", "backup-"],
  ["jobs resume restore-0000000000000000", "ossnap jobs"],
  ["jobs resume nosuch", "backup-"],
  ["jobs show nosuch", "backup-"],
  ["jobs --kind dance", "backup"],
  ["repositories register nowhere", "backups"],
  ["repositories register nowhere --apply", "backups"],
  ["migrate status nowhere", "migrations"],
  ["migrate sync nowhere", "migrations"],
  ["migrate cutover nowhere", "migrations"],
  ["migrate rollback nowhere", "migrations"],
  ["migrate policies nowhere", "backups"],
  ["migrate policies backups", "clusters.source.aws"],
  ["verify cs-automated", "neither copied nor proven"],
  ["snapshots cs-automated-enc", "neither copied nor proven"],
  ["restore latest --repository cs-automated --to target", "neither copied nor proven"],
  ["shared list nowhere", "source"],
  ["shared list target", "clusters.target.instanceId"],
  ["shared add es-cn-a --to nowhere", "source"],
  ["shared remove es-cn-a --from nowhere --yes", "source"],
  ["adopt --take-over nowhere", "none"],
  ["import curator /no/such/file.yml", "/no/such/file.yml"],
  ["import nowhere /no/such/file.yml", "curator"],
  ["plan-prune --snapshots /no/such/file.json --keep-daily 1", "/no/such/file.json"],
];

describe("a name that nothing has", () => {
  it.each(LINES)("ends with exit code 2, and the message helps: %s", async (line, names) => {
    const outputs = { stdout: "", stderr: "" };
    const world = await nights(1);
    enter({ world }, outputs);
    vi.setSystemTime(world.now());
    const exitCode = await runCommand(line.split(" "), {});
    expect([exitCode, outputs.stderr.replace(/\n +/g, " ")]).toEqual([EXIT.usage, expect.stringContaining(names)]);
  });

  it("is tried with every verb that takes a name", () => {
    const takesName = VERBS.filter(
      ({ signature, options }) => /[<[]/.test(signature) || options.some(({ flags }) => /<(name|cluster|copy)/.test(flags)),
    );
    const tried = (signature: string) => LINES.some(([line]) => line.startsWith(signature.replace(/ [<[].*$/, "")));
    expect(takesName.map(({ signature }) => signature).filter((signature) => !tried(signature))).toEqual([]);
  });
});
