import * as z from "zod";
import { configSchema } from "./schema.ts";

/** JSON Schema (draft 2020-12) of ossnap.yaml as users write it, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: "input", target: "draft-2020-12" }) as Record<string, unknown>;
}
