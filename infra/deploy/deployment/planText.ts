import { counted } from "../../../shared/words/numbers.ts";
import type { Figure, FunctionChange, TriggerChange } from "./compare.ts";
import { type MonthlyCost, monthlyCost } from "./monthlyCost.ts";

export interface DeploymentPlan {
  region: string;
  deployment: string | undefined;
  functions: FunctionChange[];
  /** Functions of other deployments in this account and region, by name. */
  others: string[];
  /** Deployed by a version that did not write which state a function works on. */
  unmarked: string[];
}

const SIGNS = { create: "+", change: "~", remove: "-", same: "=" } as const;
/** Long values, such as a list of events, are named and not shown. */
const VALUE_CHARACTERS_MAX = 60;

/** What a deployment would create, change and remove, in words: figures with both values, variables by their names only. */
export function planText(plan: DeploymentPlan, costs: MonthlyCost = monthlyCost): string {
  const { region, deployment, functions, others, unmarked } = plan;
  const name = deployment === undefined ? "Deployment without a name" : `Deployment ${deployment}`;
  const count = (action: FunctionChange["action"]) => functions.filter((one) => one.action === action).length;
  const removed = functions.flatMap(({ triggers }) => triggers).filter(({ action }) => action === "remove").length;
  const summary = [`${count("create")} to create`, `${count("change")} to change`, `${count("same")} unchanged but for the code`];
  return [
    `${name} in ${region}: ${summary.join(", ")}; ${counted(removed, "trigger", "triggers")} to remove`,
    ...functions.flatMap(functionLines),
    ...(unmarked.length === 0 ? [] : [`Deployed by an earlier version, which did not say for which state: ${unmarked.join(", ")}`]),
    ...(others.length === 0 ? [] : [`Left alone, of other deployments: ${others.join(", ")}`]),
    ...costs(functions.map(({ props }) => props)),
  ].join("\n");
}

function functionLines({ functionName, action, props, figures, variables, triggers }: FunctionChange): string[] {
  const size = action === "create" ? `  ${props.memorySize} MB, ${props.cpu} vCPU, ${props.timeout} s` : "";
  const { added, changed, removed } = variables;
  const signed = [...added.map((one) => `+${one}`), ...changed.map((one) => `~${one}`), ...removed.map((one) => `-${one}`)];
  return [
    `${SIGNS[action]} ${functionName}${size}`,
    ...figures.map((figure) => `    ${figureText(figure)}`),
    ...(signed.length === 0 ? [] : wrapped(`    variables`, signed)),
    ...triggers.map(triggerLine),
  ];
}

const COLUMNS = 100;

function wrapped(start: string, words: readonly string[]): string[] {
  const lines = [start];
  for (const word of words) {
    const line = lines.at(-1) ?? "";
    if (line.length + 1 + word.length <= COLUMNS) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`       ${word}`);
  }
  return lines;
}

function triggerLine({ action, name, type, figures }: TriggerChange): string {
  if (action === "remove") return `    ${SIGNS.remove} ${type} trigger ${name}: s.yaml no longer names it`;
  const shown = figures.filter((figure) => figure.name !== "type" || action === "change");
  const words =
    action === "create"
      ? shown.map(({ to = "" }) => to).filter((one) => one !== "" && one.length <= VALUE_CHARACTERS_MAX)
      : shown.map(figureText);
  return `    ${SIGNS[action]} ${type} trigger ${name}${words.length === 0 ? "" : `: ${words.join(", ")}`}`;
}

function figureText({ name, from, to }: Figure): string {
  const shown = [from, to].map((one) => one ?? "none");
  return shown.some((one) => one.length > VALUE_CHARACTERS_MAX) ? `${name} changes` : `${name} ${shown.join(" → ")}`;
}
