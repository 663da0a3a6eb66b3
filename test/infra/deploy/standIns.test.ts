// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are ossnap.yaml's own.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { standInsFor } from "../../../infra/deploy/standIns.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";

describe("placeholder values for the secrets of a configuration", () => {
  it("fit the position of each placeholder", () => {
    const text =
      'clusters: { a: { url: "${URL}", password: "${PASSWORD}" } }\nhttp: { tokens: [{ sha256: "${HASH}" }] }\nhost: "http://${HOST}:9200"\n';
    expect(standInsFor(text, "http://127.0.0.1:1")).toEqual({
      URL: "http://127.0.0.1:1",
      PASSWORD: "password.unset",
      HASH: createHash("sha256").update("HASH").digest("hex"),
      HOST: "host.unset",
    });
  });

  it("differ where equal ones would be warned about, and let a certificate be read", () => {
    const values = standInsFor('clusters: { a: { url: "${A_URL}", ca: "${CA}", fingerprint: "${PRINT}" }, b: { url: "${B_URL}" } }');
    expect(values).toMatchObject({ A_URL: "https://a-url.unset.invalid", B_URL: "https://b-url.unset.invalid", PRINT: "0".repeat(64) });
    expect(values.CA).toContain("BEGIN CERTIFICATE");
  });

  it("make the example configuration valid, also with one address for everything", async () => {
    const text = await readFile("ossnap.yaml", "utf8");
    expect(checkConfig(text, standInsFor(text)).faults).toEqual([]);
    expect(checkConfig(text, standInsFor(text, "http://127.0.0.1:1")).faults).toEqual([]);
  });

  it("are empty for an unreadable text", () => {
    expect(standInsFor("a: [")).toEqual({});
  });
});
