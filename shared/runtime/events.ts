import * as z from "zod";

/** A timer of Function Compute: its payload is the text from s.yaml. */
const timer = z.object({ triggerTime: z.iso.datetime(), triggerName: z.string().optional(), payload: z.string() });

/**
 * A timer of createSnapshots or pruneSnapshots, with the time for which it fired. It has no payload: the policies that are due at that time
 * are started. Timers that an earlier version deployed name one policy, `{"policy":"nightly"}`.
 */
export const policyTimer = timer
  .extend({ payload: z.string().default("") })
  .transform(({ triggerTime, triggerName = "", payload }, context) => {
    const event = { triggerTime: new Date(triggerTime), triggerName };
    if (payload.trim() === "") return event;
    const named = z.strictObject({ policy: z.string().min(1) }).safeParse(parseJson(payload));
    if (named.success) return { ...event, policy: named.data.policy };
    context.addIssue({ code: "custom", path: ["payload"], message: 'must be empty, or JSON text like {"policy":"nightly"}' });
    return z.NEVER;
  });

/** The tick uses nothing from its event. */
export const tick = timer.partial();

/** ObjectCreated events of OSS, as delivered by a native trigger; `eventName` has no `oss:` prefix. */
export const copiedBlobs = z
  .object({
    events: z
      .array(
        z.object({
          eventName: z.string(),
          oss: z.object({ bucket: z.object({ name: z.string().min(1) }), object: z.object({ key: z.string().min(1) }) }),
        }),
      )
      .min(1),
  })
  .transform(({ events }) =>
    events
      .filter(({ eventName }) => eventName.startsWith("ObjectCreated:"))
      .map(({ oss }) => ({ bucket: oss.bucket.name, key: oss.object.key })),
  );

/** One batch of a copy job; the list of blobs is in the state. */
export const copyTask = z.strictObject({ job: z.string().min(1), batch: z.string().min(1), attempt: z.int().min(1) });

/** The job to continue; all its data is in the state. */
export const jobTask = z.strictObject({ job: z.string().min(1) });

/** By name. A record of zod leaves out `__proto__`, and no name of a caller may be ignored. */
const allNames = z
  .preprocess(
    (value) => (typeof value === "object" && value !== null ? new Map(Object.entries(value)) : value),
    z.map(z.string(), z.string()),
  )
  .transform((named): Record<string, string> => Object.fromEntries(named));

/** The event that Function Compute passes to an HTTP function. */
export const httpEvent = z.object({
  headers: z.record(z.string(), z.string()).default({}),
  queryParameters: allNames.default({}),
  body: z.string().default(""),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({ http: z.object({ method: z.string(), path: z.string() }) }),
});
export type HttpEvent = z.output<typeof httpEvent>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
