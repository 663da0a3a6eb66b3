import type { TestWorld } from "../world/world.ts";
import type { Stage } from "./memorySession.ts";

export const OUTCOMES = ["ok", "refused", "failed", "empty"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One command line against a stage of its own; it runs twice, for the text and for `--json`. */
export interface VerbCase {
  outcome: Outcome;
  /** What the stage is, and what is asked of it. */
  title: string;
  /** The words of the line; some name what the stage holds. */
  words: readonly string[] | ((world: TestWorld) => Promise<readonly string[]>);
  stage: () => Promise<Stage>;
}

export interface VerbCases {
  signature: string;
  cases: readonly VerbCase[];
  /** Outcomes that this verb cannot have, and why. */
  without: Partial<Record<Outcome, string>>;
}
