import type { TestWorld } from "../world/world.ts";
import type { Stage } from "./memorySession.ts";

export const OUTCOMES = ["ok", "refused", "failed", "empty"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One command line on a separate stage; it runs twice, for the text and for `--json`. */
export interface VerbCase {
  outcome: Outcome;
  /** The stage and the command's purpose. */
  title: string;
  /** The arguments; some depend on the stage. */
  words: readonly string[] | ((world: TestWorld) => Promise<readonly string[]>);
  stage: () => Promise<Stage>;
}

export interface VerbCases {
  signature: string;
  cases: readonly VerbCase[];
  /** Outcomes that this verb cannot have, with the reason. */
  without: Partial<Record<Outcome, string>>;
}
