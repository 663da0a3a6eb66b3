import * as z from "zod";
import { type OptionSpec, parsed, some } from "./options.ts";

const ACCOUNT_ID = /^\d{16}$/;

export const ACCOUNT = {
  flags: "--account <number>",
  text: "number of the Alibaba Cloud account, as in the console",
  value: some(parsed((text) => (ACCOUNT_ID.test(text) ? text : undefined), "is not an account's number: 16 digits, as in the console")),
} satisfies OptionSpec;

/** The documents that can be printed alone. */
export const DOCUMENTS = ["trust", "workers", "http", "terminal", "deployer"] as const;

export const ONLY = {
  flags: "--only <document>",
  text: "print one document alone",
  choices: DOCUMENTS,
  value: some(z.enum(DOCUMENTS)),
} satisfies OptionSpec;
