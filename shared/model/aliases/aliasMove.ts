/** `properties`: filter, routing and hidden flag as JSON, with sorted members and numbers as the cluster returns them: equal texts mean the same. */
export interface AliasHolder {
  index: string;
  properties: string;
  /** Absent unless the alias says it there. */
  isWriteIndex?: boolean;
}

export interface AliasMove {
  alias: string;
  /** Patterns. */
  from: readonly string[];
  named?: readonly string[];
  to: readonly string[];
  /** An index that is removed in the same call, because the alias has its name. */
  removes?: string;
}
