import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../infra/local/servers/ports.ts";
import { type S3Server, startS3 } from "../../infra/local/servers/s3.ts";
import { runCli } from "../infra/cli/runCli.ts";
import { movingCommands, movingConfig } from "../world/movingDocs.ts";
import { openDomain, REGION, type RealDomain, ROLE, SESSION } from "./realDomain.ts";
import { ticking } from "./ticking.ts";

const S3_KEYS = { accessKeyId: "LOCALREADER", secretAccessKey: "local-reader-secret" };
const SECRETS = [SESSION.secretAccessKey, SESSION.sessionToken, S3_KEYS.secretAccessKey];
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: SESSION.accessKeyId,
  AWS_SECRET_ACCESS_KEY: SESSION.secretAccessKey,
  AWS_SESSION_TOKEN: SESSION.sessionToken,
  S3_KEY: S3_KEYS.accessKeyId,
  S3_SECRET: S3_KEYS.secretAccessKey,
};

let source: RealDomain;
let bucket: S3Server;
let directory: string;
let outputs = "";

beforeAll(async () => {
  source = await openDomain("5.5.2");
  bucket = await startS3({ root: source.bucketRoot, port: await freePort(), ...S3_KEYS });
  directory = join(source.bucketRoot, "ossnap");
  for (const name of ["state", "moved"]) await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, "ossnap.json"), JSON.stringify(localConfig()));
  await source.writeDocuments("movies", [1, 2, 3]);
});
afterAll(async () => {
  await bucket?.close();
  await source?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** The configuration of docs/moving.md at the addresses of this machine; the copy goes to a directory. */
function localConfig() {
  const config = movingConfig();
  const [name, basePath] = ["repositories", "prod"];
  config.state = { store: "directory", bucket: join(directory, "state") };
  config.clusters.source.url = source.domain.url;
  expect(config.clusters.source.aws).toEqual({ region: REGION });
  const { register, blobs } = config.repositories["movies-aws"];
  expect(register.settings.role_arn).toBe(ROLE);
  Object.assign(register.settings, { bucket: name, base_path: basePath, endpoint: bucket.url });
  Object.assign(blobs, { bucket: name, basePath, endpoint: bucket.url });
  config.copies["aws-to-oss"].to = { store: "directory", bucket: join(directory, "moved"), basePath: "movies" };
  return config;
}

async function run(line: string, env: Record<string, string> = ENVIRONMENT) {
  const ended = await runCli([...line.split(" ").slice(1), "--config", join(directory, "ossnap.json")], { env });
  outputs += ended.stdout + ended.stderr;
  return ended;
}

describe("the way of docs/moving.md from a domain of Amazon's, with the keys of a session in the environment", () => {
  it("leads from nothing to a whole copy, command by command", async () => {
    expect(await run("ossnap init")).toMatchObject({ exitCode: 0 });
    const functions = ticking(join(directory, "ossnap.json"), ENVIRONMENT);
    try {
      for (const line of movingCommands()) {
        const { exitCode, stdout, stderr } = await run(line.replace("--wait", "--wait=60s"));
        expect([line, exitCode], stdout + stderr).toEqual([line, 0]);
      }
    } finally {
      await functions.stop();
    }
    const copied = await run(`ossnap verify file://${join(directory, "moved", "movies")} --level contents`);
    expect([copied.exitCode, copied.stdout]).toEqual([0, expect.stringContaining("whole")]);
    expect((await run("ossnap snapshots --repository movies-aws")).stdout).toContain("SUCCESS");
    expect((await run("ossnap repositories")).stdout).toMatch(/cs-automated(.|\n)*neither copied nor proven/);
  }, 400_000);

  it("signs every request, and the domain refuses none of them but what it does not offer", () => {
    const refused = source.domain.requests.filter((request) => / 40[13]$/.test(request));
    expect([source.domain.requests.length > 20, refused]).toEqual([true, []]);
  });

  it.each([
    ["a wrong secret", { AWS_SECRET_ACCESS_KEY: "planted-wrong-secret" }, /does not match the signature.*correct the secret key/],
    ["no session token", { AWS_SESSION_TOKEN: "" }, /security token included in the request is invalid/],
  ])("says what is wrong with %s", async (_what, change, message) => {
    const { exitCode, stdout, stderr } = await run("ossnap repositories register movies-aws --apply", { ...ENVIRONMENT, ...change });
    expect([exitCode, (stdout + stderr).replace(/\s+/g, " ")]).toEqual([1, expect.stringMatching(message)]);
    expect(stdout + stderr).not.toContain("planted-wrong-secret");
  });

  it("is refused without keys, which are looked for in the environment alone", async () => {
    const env = { S3_KEY: "x", S3_SECRET: "y", AWS_EC2_METADATA_DISABLED: "true", HOME: directory };
    const { stdout, stderr } = await run("ossnap repositories register movies-aws --apply", env);
    expect((stdout + stderr).replace(/\s+/g, " ")).toMatch(/no keys for Amazon were found.*set clusters\.source\.aws\.accessKeyId/);
  });

  it("leaves no secret in an output, in the state or in the registration", async () => {
    const files = await readdir(join(directory, "state"), { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), "utf8")),
    );
    expect(files.map(({ name }) => basename(name))).toContain("state.json");
    for (const secret of SECRETS) for (const text of [outputs, ...texts]) expect(text).not.toContain(secret);
  });
});
