import * as z from "zod";
import { backupText } from "../../../shared/verbs/pins/gather.ts";
import { some } from "./options.ts";

export const DRY_RUN = {
  flags: "--dry-run",
  text: "show what would be taken, what is left out and the request; start nothing",
  value: z.boolean().default(false),
};
export const BACKUP_BECAUSE = {
  flags: "--because <text>",
  text: "why it is taken, stored with the snapshot",
  value: some(backupText),
};
