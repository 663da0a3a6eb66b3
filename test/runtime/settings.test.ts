import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redactor } from "../../shared/runtime/redact.ts";
import { readSettings } from "../../shared/runtime/settings.ts";

const PEM = readFileSync(fileURLToPath(new URL("../fixtures/tls/ca.pem", import.meta.url)), "utf8");
const KEY = "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw";
const ENCODED = Buffer.from(KEY).toString("base64");

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "ossnap-settings-"));
  writeFileSync(join(directory, "ca.pem"), PEM);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function settingsWith(cluster: object, env: Record<string, string> = {}, more: object = {}) {
  const path = join(directory, "ossnap.json");
  const tree = {
    version: 1,
    ...more,
    state: { store: "directory", bucket: "/srv/state" },
    clusters: { one: { url: "https://one", ...cluster } },
  };
  writeFileSync(path, JSON.stringify(tree));
  return readSettings(path, env);
}

describe("settings of a cluster", () => {
  it.each([
    ["as text", PEM],
    ["from a file beside ossnap.yaml", "ca.pem"],
    ["from the environment", `\${CA}`],
    ["from a file that the environment names", `\${CA_FILE}`],
  ])("have the CA's certificate %s", (_, ca) => {
    expect(settingsWith({ ca }, { CA: PEM, CA_FILE: "ca.pem" }).config.clusters.one?.ca).toBe(PEM);
  });

  it.each([KEY, ENCODED])("keep an API key secret in every form: %s", (apiKey) => {
    const { secrets, config } = settingsWith({ apiKey: `\${KEY}` }, { KEY: apiKey });
    expect(config.clusters.one?.apiKey).toBe(apiKey);
    const [, part = ""] = KEY.split(":");
    const shown = redactor(secrets)(`ApiKey ${ENCODED}, of ${KEY}, that is ${part}`);
    for (const form of [ENCODED, part]) expect(shown).not.toContain(form);
  });
});

describe("keys for Amazon", () => {
  const env = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "planted-secret", AWS_SESSION_TOKEN: "planted-token" };

  it("are those of the AWS SDK's variables, and secret", () => {
    const { awsKeys, secrets } = settingsWith({ aws: { region: "eu-west-1" } }, env);
    expect(awsKeys).toEqual({ accessKeyId: "AKID", secretAccessKey: "planted-secret", sessionToken: "planted-token" });
    expect(redactor(secrets)("planted-secret planted-token")).toBe("[secret] [secret]");
  });

  it("are none when half of them is set", () => {
    expect(settingsWith({}, { AWS_ACCESS_KEY_ID: "AKID" }).awsKeys).toBeUndefined();
  });
});

describe("the functions that run tasks", () => {
  const namesOf = (more: object, env: Record<string, string> = {}) => {
    const { copyFunction, continueFunction } = settingsWith({}, env, more);
    return [copyFunction, continueFunction];
  };

  it("have the deployment's name, unless variables name others", () => {
    expect(namesOf({})).toEqual(["ossnap-copy-blobs", "ossnap-continue-job"]);
    expect(namesOf({ deployment: "prod" })).toEqual(["ossnap-prod-copy-blobs", "ossnap-prod-continue-job"]);
    expect(namesOf({ deployment: "prod" }, { OSSNAP_COPY_FUNCTION: "own-copy" })).toEqual(["own-copy", "ossnap-prod-continue-job"]);
  });
});
