import { describe, expect, it } from "vitest";
import { requireExactName } from "../../../shared/adapters/elasticsearch/names.ts";

describe("an exact name", () => {
  it.each(["movies", "icr\rover", "tab\there", "nb\u00a0sp", "full\u3000width", "备份"])(
    "may be what Elasticsearch accepts: %j",
    (name) => {
      expect(requireExactName("index", name)).toBe(name);
    },
  );

  it.each(["", "a b", "a*", "a,b", "-a", "_all", "+a", ".", "..", "a/b", "<a>", "a#b"])(
    "is not what it reads as more, or refuses: %j",
    (name) => {
      expect(() => requireExactName("index", name)).toThrow("one exact name is needed");
    },
  );
});
