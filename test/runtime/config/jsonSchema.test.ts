import { describe, expect, it } from "vitest";
import { configJsonSchema } from "../../../shared/runtime/config/jsonSchema.ts";

type Node = Record<string, unknown>;

describe("JSON schema for editors", () => {
  const schema = configJsonSchema();

  it("is draft 2020-12, rejects unknown keys, and requires only keys without a default", () => {
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      additionalProperties: false,
      required: ["version", "state", "clusters"],
    });
  });

  it("has a title and a description for every field", () => {
    const bare = fieldsOf(schema, "").filter(([, field]) => typeof field.title !== "string" || typeof field.description !== "string");
    expect(bare.map(([path]) => path)).toEqual([]);
    expect(fieldsOf(schema, "").length).toBeGreaterThan(50);
  });

  it("allows a placeholder instead of a duration", () => {
    const patience = fieldsOf(schema, "").find(([path]) => path === ".backups.*.patience")?.[1];
    const pattern = new RegExp(String(patience?.pattern));
    expect(["4h", `\${PATIENCE}`, "soon"].map((text) => pattern.test(text))).toEqual([true, true, false]);
  });
});

/** All properties of all sections, with their paths. */
function fieldsOf(node: unknown, path: string): [string, Node][] {
  if (typeof node !== "object" || node === null) return [];
  const { properties, additionalProperties, items, anyOf } = node as Node;
  const own = Object.entries((properties ?? {}) as Record<string, Node>).flatMap(([key, field]): [string, Node][] => [
    [`${path}.${key}`, field],
    ...fieldsOf(field, `${path}.${key}`),
  ]);
  const options = Array.isArray(anyOf) ? anyOf.flatMap((option) => fieldsOf(option, path)) : [];
  return [...own, ...fieldsOf(additionalProperties, `${path}.*`), ...fieldsOf(items, `${path}[]`), ...options];
}
