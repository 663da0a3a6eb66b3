// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are ossnap.yaml's own.
import { describe, expect, it } from "vitest";
import { standInsFor } from "../../../infra/deploy/standIns.ts";

describe("stand-ins for the secrets of a configuration", () => {
  it("fit the place where each stands", () => {
    const text =
      'clusters: { a: { url: "${URL}", password: "${PASSWORD}" } }\nhttp: { tokens: [{ sha256: "${HASH}" }] }\nhost: "http://${HOST}:9200"\n';
    expect(standInsFor(text, "http://127.0.0.1:1")).toEqual({
      URL: "http://127.0.0.1:1",
      PASSWORD: "unset",
      HASH: "0".repeat(64),
      HOST: "unset",
    });
  });

  it("are none for a text that cannot be read", () => {
    expect(standInsFor("a: [")).toEqual({});
  });
});
