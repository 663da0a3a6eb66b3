import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runCli } from "../infra/cli/runCli.ts";

it("ossnap policies needs no variable and no secret of KMS, also of a file that the line names", async () => {
  const directory = await mkdtemp(join(tmpdir(), "ossnap-policies-"));
  try {
    const config = join(directory, "prod.yaml");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are the configuration's own.
    await writeFile(config, (await readFile("ossnap.yaml", "utf8")).replace("${WEBHOOK_SECRET}", "${kms:ossnap/hook}"));
    const { exitCode, stdout, stderr } = await runCli(["policies", "--only", "workers", "--config", config], { cwd: directory });
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("acs:kms:cn-hangzhou:ACCOUNT-ID:secret/ossnap/hook");
  } finally {
    await rm(directory, { recursive: true });
  }
});
