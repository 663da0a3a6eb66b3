import * as z from "zod";
import { pinExpiry, pinText } from "../../../shared/verbs/pins/gather.ts";
import { name, some } from "./options.ts";

export const PIN_REPOSITORY = {
  flags: "--repository <name>",
  text: "a repository of ossnap.yaml",
  value: name("is missing; name a repository of ossnap.yaml"),
};
/** Tools whose rules can be converted. */
export const TOOL = z.literal("curator", { error: "is not a tool whose rules can be converted; write curator" });
export const UUID = {
  flags: "--uuid <uuid>",
  text: "its uuid, which a snapshot of another writer needs beside its name",
  value: some(name()),
};
export const BROKEN = {
  flags: "--broken",
  text: "every snapshot whose deletion makes the others usable",
  value: z.boolean().default(false),
};
export const BECAUSE = { flags: "--because <text>", text: "why it must be kept", value: pinText };
export const UNTIL = {
  flags: "--until <time>",
  text: "when the pin expires: 2027-06-30T00:00:00Z, or 90d from now (never)",
  value: some(pinExpiry),
};
