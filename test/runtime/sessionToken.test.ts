import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasCode } from "../../shared/model/errors.ts";
import { placeOf } from "../../shared/repository/place.ts";
import { placeWithoutKeys } from "../../shared/repository/withoutKeys.ts";
import { secretsOf } from "../../shared/runtime/settings.ts";
import { withKeys } from "../../shared/runtime/stores.ts";
import { connectPlace } from "../../shared/runtime/wire.ts";
import { testConfig } from "../world/world.ts";

const TOKEN = "planted/session+token==";
const BARE = { store: "s3" as const, bucket: "b", basePath: "movies", region: "us-east-1" };
const KEYED = { ...BARE, accessKeyId: "ASIAX", secretAccessKey: "planted-secret", sessionToken: TOKEN };
const config = testConfig((made) => {
  made.repositories.aws = { cluster: "source", blobs: KEYED };
});
const CONTEXT = { requestId: "r", functionName: "f", remainingMs: () => 60_000 } as unknown as Parameters<typeof withKeys>[2];

describe("the token of temporary keys", () => {
  let server: Server;
  let tokens: unknown[] = [];
  beforeEach(async () => {
    tokens = [];
    server = createServer((request, response) => {
      tokens.push(request.headers["x-amz-security-token"]);
      response.writeHead(403, { "Content-Type": "application/xml", Date: new Date().toUTCString() });
      const said = `<Error><Code>InvalidToken</Code><Message>The provided token is malformed: ${TOKEN}</Message></Error>`;
      response.end(request.method === "HEAD" ? undefined : said);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => void server.close());

  it("is sent with each request, and hidden where the store quotes it", async () => {
    const store = connectPlace({ ...KEYED, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, CONTEXT);
    const error = await store.get("index-0").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(tokens).toContain(TOKEN);
    expect(hasCode(error, "denied", "refused", "permanent")).toBe(true);
    expect(String((error as Error).message)).not.toContain(TOKEN);
  });

  it("is a secret like the key, and is stored nowhere", () => {
    expect(secretsOf(config)).toContain(TOKEN);
    expect(JSON.stringify(placeWithoutKeys(KEYED))).not.toContain(TOKEN);
  });

  it("comes back with the keys of a stored place", () => {
    const settings = { config, credentials: undefined } as unknown as Parameters<typeof withKeys>[1];
    expect(withKeys(BARE, settings, CONTEXT)).toMatchObject({ accessKeyId: "ASIAX", sessionToken: TOKEN });
  });

  it("is that of the registration where the place is derived from it", () => {
    const settings = { bucket: "b", region: "us-east-1", access_key: "ASIAX", secret_key: "s", session_token: TOKEN };
    expect(placeOf({ type: "s3", settings })).toMatchObject({ sessionToken: TOKEN });
    const oss = {
      bucket: "b",
      endpoint: "oss-cn-hangzhou.aliyuncs.com",
      access_key_id: "STS.x",
      secret_access_key: "s",
      security_token: TOKEN,
    };
    expect(placeOf({ type: "oss", settings: oss })).toMatchObject({ sessionToken: TOKEN });
  });
});
