/** A policy of RAM, as it is pasted into the console: https://www.alibabacloud.com/help/en/ram/policy-elements */
export interface RamDocument {
  Version: "1";
  Statement: RamStatement[];
}

export interface RamStatement {
  Effect: "Allow" | "Deny";
  Principal?: { Service: string[] } | string[];
  Action: string[];
  Resource?: string[];
  Condition?: Record<string, Record<string, string[]>>;
}

export function ramDocument(statements: readonly RamStatement[]): RamDocument {
  return { Version: "1", Statement: [...statements] };
}

export function allow(actions: readonly string[], resources: readonly string[], condition?: RamStatement["Condition"]): RamStatement {
  return { Effect: "Allow", Action: [...actions], Resource: [...resources], ...(condition && { Condition: condition }) };
}
