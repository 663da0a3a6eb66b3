import { AppError } from "../../model/errors.ts";
import { oneLine } from "../../model/plainText.ts";
import { reason } from "../../model/reason.ts";
import type { Fault, Warning } from "../../repository/fault.ts";

/** A fault in the configuration, with its line number. */
export interface ConfigFault extends Fault {
  line: number | undefined;
}

export interface ConfigWarning extends Warning {
  line: number | undefined;
}

/** All faults of a configuration in one error: the message lists them, {@link configFaults} returns them as data. */
export class ConfigError extends AppError {
  readonly faults: readonly ConfigFault[];

  /** @param hint what to do about all of them, as a last line. */
  constructor(faults: readonly ConfigFault[], hint?: string) {
    const lines = faults.map(printConfigFault);
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    const last = hint === undefined ? [] : [hint];
    super("invalid", `configuration: ${count}`, {
      lines: [...lines.map((line) => `  ${line}`), ...last],
      reason: reason("config.invalid", { faults: lines }),
    });
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/** The faults carried by an error; empty for any other error. */
export function configFaults(error: unknown): readonly ConfigFault[] {
  return error instanceof ConfigError ? error.faults : [];
}

/** One line, also for a key with a line break: `backups.nightly.patience (line 31): not a duration: "4 hours", write …`. */
export function printConfigFault({ path, line, value, wrong, fix }: ConfigFault): string {
  const where = [path, line === undefined ? "" : `(line ${line})`].filter((part) => part !== "").join(" ");
  const shown = value === null ? "" : `: ${JSON.stringify(value)}`;
  return oneLine(`${where === "" ? "" : `${where}: `}${wrong}${shown}, ${fix}`);
}
