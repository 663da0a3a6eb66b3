import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { loadConfig } from "../../../shared/runtime/config/loadConfig.ts";

/** The example configuration, as users write it. */
export const EXAMPLE_TEXT = readFileSync(fileURLToPath(new URL("../../fixtures/config/example.yaml", import.meta.url)), "utf8");

export const EXAMPLE_ENVIRONMENT = {
  SOURCE_PASSWORD: "planted-password",
  S3_KEY: "planted-s3-key",
  S3_SECRET: "planted-s3-secret",
  OSS_KEY: "planted-oss-key",
  OSS_SECRET: "planted-oss-secret",
  WEBHOOK_URL: "https://hooks.example.com/planted-token",
  WEBHOOK_SECRET: "planted-webhook-secret",
};

/** The example as JSON with one value changed; `undefined` removes the key. */
export function exampleWith(path: readonly (string | number)[], value: unknown): string {
  const tree: unknown = parse(EXAMPLE_TEXT);
  return JSON.stringify(changed(tree, path, value), undefined, 2);
}

function changed(node: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(node)) return node.map((item, index) => (index === key ? changed(item, rest, value) : item));
  const section = (node ?? {}) as Record<string, unknown>;
  return { ...section, [key]: changed(section[key], rest, value) };
}

/** The error that a faulty configuration causes. */
export function errorOf(text: string, environment: Record<string, string | undefined> = EXAMPLE_ENVIRONMENT): unknown {
  try {
    loadConfig(text, environment);
  } catch (error) {
    return error;
  }
  throw new Error("the configuration was taken");
}
