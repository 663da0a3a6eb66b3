import type { Reason } from "./reason.ts";

/** A fact said once when it begins (`firing`) and once when it is over (`resolved`). */
export interface Notice {
  /** `kind:subject`, e.g. `late:nightly`. */
  key: string;
  /** Dotted code, e.g. `backup.late`. */
  code: string;
  status: "firing" | "resolved";
  severity: "bad" | "warning" | "good";
  since: Date;
  at: Date;
  reason: Reason;
  /** The sentence, already rendered. */
  text: string;
  job?: string;
}

/** A channel that carries notices out; it throws `transient` or `permanent` when the other side did not take it. */
export interface Notifier {
  readonly name: string;
  send(notice: Notice): Promise<void>;
}
