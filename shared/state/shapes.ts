import * as z from "zod";

/** A time as the state stores it. */
export const storedTime = z.string().refine((text) => !Number.isNaN(Date.parse(text)));

export const storedReason = z.looseObject({ code: z.string(), params: z.looseObject({}) });

/** Who asked for a job. */
export const storedAsked = z.looseObject({ by: z.string(), who: z.string() });
