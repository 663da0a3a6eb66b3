/** A policy of RAM as far as its documents are evaluated here. */
export interface PolicyToEnforce {
  Statement: readonly {
    Effect: "Allow" | "Deny";
    Action: readonly string[];
    Resource?: readonly string[];
    Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  }[];
}

export interface RamRequest {
  /** `oss:GetObject` */
  action: string;
  /** `acs:oss:*:*:bucket/key` */
  resource: string;
  /** Values of the request that conditions compare, such as `oss:Prefix`. */
  values?: Readonly<Record<string, string>>;
}

/**
 * Whether a key with these policies may do it: something allows it and nothing denies it.
 * https://www.alibabacloud.com/help/en/ram/policy-evaluation-process; an operator of conditions that is not known here throws.
 */
export function isAllowed(policies: readonly PolicyToEnforce[], request: RamRequest): boolean {
  const matching = policies.flatMap(({ Statement }) => Statement).filter((statement) => applies(statement, request));
  return matching.some(({ Effect }) => Effect === "Allow") && !matching.some(({ Effect }) => Effect === "Deny");
}

function applies({ Action, Resource = ["*"], Condition = {} }: PolicyToEnforce["Statement"][number], request: RamRequest): boolean {
  return (
    Action.some((pattern) => matches(pattern, request.action)) &&
    Resource.some((pattern) => matches(pattern, request.resource)) &&
    Object.entries(Condition).every(([operator, wanted]) => holds(operator, wanted, request.values ?? {}))
  );
}

function holds(operator: string, wanted: Readonly<Record<string, readonly string[]>>, values: Readonly<Record<string, string>>): boolean {
  if (operator !== "StringLike" && operator !== "StringEquals") throw new Error(`the condition ${operator} is not known here`);
  const isLike = (pattern: string, value: string) => (operator === "StringLike" ? matches(pattern, value) : pattern === value);
  return Object.entries(wanted).every(([name, patterns]) => patterns.some((pattern) => isLike(pattern, values[name] ?? "")));
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s").test(text);
}
