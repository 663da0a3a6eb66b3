/** What one check found. */
export interface Finding {
  check: string;
  outcome: "ok" | "failed" | "not checked";
  /** What was seen, or why nothing was looked at. */
  seen: string;
  seconds: number;
}

export interface Report {
  /** `ossnap`, `node`, `region`, … */
  about: Readonly<Record<string, string>>;
  findings: readonly Finding[];
}

const MARKS = { ok: "✓", failed: "✗", "not checked": "?" } as const;

/** One line while it runs, and in the report. */
export function findingLine({ check, outcome, seen, seconds }: Finding): string {
  return `${MARKS[outcome]} ${check}: ${seen} (${seconds.toFixed(1)} s)`;
}

/** Markdown, to be pasted into an issue. */
export function reportText({ about, findings }: Report): string {
  const counts = (["ok", "failed", "not checked"] as const).map(
    (outcome) => `${findings.filter((one) => one.outcome === outcome).length} ${outcome}`,
  );
  const rows = findings.map(({ check, outcome, seen, seconds }) => [check, outcome, cell(seen), `${seconds.toFixed(1)} s`]);
  return [
    "## ossnap accept:cloud",
    "",
    ...Object.entries(about).map(([name, value]) => `- ${name}: ${value}`),
    `- result: ${counts.join(", ")}`,
    "",
    "| check | outcome | seen | time |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}
