import type { Stepped } from "../jobs/kind.ts";
import type { Reason } from "../model/reason.ts";

/** What an invocation did with one job. */
export interface Advanced {
  job: string;
  outcome: Stepped["outcome"] | "error";
  state: string;
  reason: Reason;
}
