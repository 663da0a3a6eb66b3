import * as z from "zod";

export const COPY_DRY_RUN = {
  flags: "--dry-run",
  text: "show what would be copied, with requests, cost and time; start nothing",
  value: z.boolean().default(false),
};
export const CHECK = {
  flags: "--check",
  text: "read everything at the destination first, and copy again what is not as recorded",
  value: z.boolean().default(false),
};
