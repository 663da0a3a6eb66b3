import type { Reason } from "./reason.ts";

/** A condition that is reported once when it starts (`firing`) and once when it is over (`resolved`). */
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
  /** The rendered sentence. */
  text: string;
  job?: string;
}

/** A channel that delivers notices. `send` throws `transient` or `permanent` when the receiver did not accept the notice. */
export interface Notifier {
  readonly name: string;
  /** `sentAt`: the time of this try, which may be long after the notice's own. */
  send(notice: Notice, sentAt: Date): Promise<void>;
}
