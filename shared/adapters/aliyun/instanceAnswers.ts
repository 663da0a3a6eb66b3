import * as z from "zod";
import type { InstanceStatus } from "../../model/instances/instances.ts";

const STATUSES: readonly InstanceStatus[] = ["active", "activating", "inactive", "invalid"];

const shared = z.object({
  instanceId: z.string().min(1),
  snapWarehouse: z.string().min(1).optional(),
  status: z.string().optional(),
});

/** Answers as the reference shows them; a list may be absent when it is empty. Members that nobody here needs are passed over. */
export const ANSWERS = {
  instance: z.object({
    result: z.object({
      instanceId: z.string().min(1).optional(),
      // `6.7_with_X-Pack`
      esVersion: z.string().transform((text) => text.replace(/_.*$/, "")),
      status: z.string().transform((text) => STATUSES.find((status) => status === text) ?? "unknown"),
    }),
  }),
  shared: z.object({ result: z.array(shared).nullish() }),
  alternatives: z.object({ result: z.array(z.object({ instanceId: z.string().min(1) })).nullish() }),
  done: z.object({ result: z.boolean() }),
};

/** The reference spells members both ways (`Result`, `result`): with the first letter in lower case, at every depth. */
export function lowerCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCamel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.charAt(0).toLowerCase() + key.slice(1), lowerCamel(member)]));
}
