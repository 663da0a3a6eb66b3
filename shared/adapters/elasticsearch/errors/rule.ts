import type { ErrorCode } from "../../../model/errors.ts";

export interface Rule {
  code: ErrorCode;
  type?: RegExp;
  /** Matched against every reason in the response, including causes. */
  text?: RegExp;
  /** Another reason that must be there too. */
  alsoText?: RegExp;
  /** A blob of the repository is missing or cannot be read, which its bucket can confirm. */
  isUnreadable?: true;
  /** Added to the server's words. */
  fix?: string;
}
