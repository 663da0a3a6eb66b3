/** What ended without a typed error, or otherwise than it should. */
export interface Finding {
  what: string;
  message: string;
  stack?: string | undefined;
}

export interface Fuzzed {
  count: number;
  outcomes: Record<string, number>;
  findings: Finding[];
}
