import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { Session } from "../../../../infra/cli/session.ts";
import { token } from "../../../../infra/cli/verbs/deployment/token.ts";
import { checkConfig } from "../../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "../../../runtime/config/example.ts";

it("a token has 32 random bytes, and its hash is one that ossnap.yaml takes", async () => {
  const here = { options: {} } as Session;
  const made = [await token(here), await token(here)].map(({ data }) => data as { token: string; sha256: string });
  expect(new Set(made.map((one) => one.token)).size).toBe(2);
  for (const { token: text, sha256 } of made) {
    expect(Buffer.from(text, "base64url")).toHaveLength(32);
    // As the HTTP function compares it: of the text as it is sent.
    expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
    expect(checkConfig(exampleWith(["http", "tokens", 0, "sha256"], sha256), EXAMPLE_ENVIRONMENT).faults).toEqual([]);
  }
});
