import { afterEach, describe, expect, it, vi } from "vitest";
import { keysOfEnvironment } from "../../../shared/adapters/aws/keys.ts";
import { type FakeServer, fakeServer } from "../elasticsearch/fakeServer.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) await server.close();
});

/** Nothing of this machine. */
function withoutKeys(): void {
  const none = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
  for (const name of none) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/nonexistent");
}

describe("the keys of the environment", () => {
  it("are those of a container's role, with their token", async () => {
    withoutKeys();
    const role = {
      AccessKeyId: "ASIAROLE",
      SecretAccessKey: "secret",
      Token: "token",
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const server = await fakeServer(() => ({ body: role }));
    servers.push(server);
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${server.url}/role`);
    expect(await keysOfEnvironment()()).toEqual({ accessKeyId: "ASIAROLE", secretAccessKey: "secret", sessionToken: "token" });
  });

  it("are an error where there are none", async () => {
    withoutKeys();
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", undefined);
    await expect(keysOfEnvironment()()).rejects.toThrow(/Could not load credentials/);
  });
});
