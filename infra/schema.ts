import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { configJsonSchema } from "../shared/runtime/config/jsonSchema.ts";

/** Writes the configuration's JSON Schema to the path that editors use. */
const target = join(dirname(fileURLToPath(import.meta.url)), "..", "docs", "ossnap.schema.json");
await mkdir(dirname(target), { recursive: true });
await writeFile(target, `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
