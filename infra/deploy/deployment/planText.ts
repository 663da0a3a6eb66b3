import { counted } from "../../../shared/words/numbers.ts";
import type { Figure, FunctionChange, TriggerChange } from "./compare.ts";

export interface DeploymentPlan {
  region: string;
  deployment: string | undefined;
  functions: FunctionChange[];
  /** Functions of other deployments in this account and region, by name. */
  others: string[];
  /** Those of them that work on the state of this one, or may. */
  twins: string[];
  /** Those of them of which the keys cannot see on which state they work. */
  unread: string[];
  /** Deployed by a version that did not write which state a function works on. */
  unmarked: string[];
}

const SIGNS = { create: "+", change: "~", remove: "-", same: "=" } as const;
/** Long values, such as a list of events, are named and not shown. */
const VALUE_CHARACTERS_MAX = 60;

/** What a deployment would create, change and remove, in words: figures with both values, variables by their names only; last the lines about its cost. */
export function planText(plan: DeploymentPlan, costs: readonly string[]): string {
  const { region, deployment, functions, unmarked, twins, unread } = plan;
  const others = plan.others.filter((name) => !twins.includes(name) && !unread.includes(name));
  const name = deployment === undefined ? "Deployment without a name" : `Deployment ${deployment}`;
  const count = (action: FunctionChange["action"]) => functions.filter((one) => one.action === action).length;
  const removed = functions.flatMap(({ triggers }) => triggers).filter(({ action }) => action === "remove").length;
  const summary = [`${count("create")} to create`, `${count("change")} to change`, `${count("same")} unchanged but for the code`];
  const shared = sharedVariables(functions);
  return [
    `${name} in ${region}: ${summary.join(", ")}; ${counted(removed, "trigger", "triggers")} to remove`,
    ...functions.flatMap((one) => functionLines(one, shared.length === 0)),
    ...(shared.length === 0 ? [] : wrapped("Variables of every function:", shared)),
    ...(unmarked.length === 0 ? [] : wrapped("Deployed by an earlier version, which did not say for which state:", listed(unmarked))),
    ...(twins.length === 0 ? [] : wrapped("Left alone, and at work on this deployment's state under another name:", listed(twins))),
    ...(unread.length === 0
      ? []
      : wrapped("Left alone; these keys may not read whether they work on this deployment's state, too:", listed(unread))),
    ...(others.length === 0 ? [] : wrapped("Left alone, of other deployments:", listed(others))),
    ...costs,
  ].join("\n");
}

function listed(names: readonly string[]): string[] {
  return names.map((name, index) => (index === names.length - 1 ? name : `${name},`));
}

/** All functions have the same variables, unless s.yaml says otherwise. */
function sharedVariables(functions: readonly FunctionChange[]): string[] {
  const [first = [], ...others] = functions.map(signedVariables);
  return others.every((one) => one.join() === first.join()) ? first : [];
}

function signedVariables({ variables: { added, changed, removed } }: FunctionChange): string[] {
  return [...added.map((one) => `+${one}`), ...changed.map((one) => `~${one}`), ...removed.map((one) => `-${one}`)];
}

function functionLines(change: FunctionChange, withVariables: boolean): string[] {
  const { functionName, action, props, figures, triggers } = change;
  const size = action === "create" ? `  ${props.memorySize} MB, ${props.cpu} vCPU, ${props.timeout} s` : "";
  const signed = withVariables ? signedVariables(change) : [];
  return [
    `${SIGNS[action]} ${functionName}${size}`,
    ...figures.map((figure) => `    ${figureText(figure)}`),
    ...(signed.length === 0 ? [] : wrapped("    variables", signed)),
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
  const words = action === "create" ? newTrigger(figures) : figures.map(figureText);
  return `    ${SIGNS[action]} ${type} trigger ${name}: ${words.join(", ")}`;
}

/** What a person looks for in a trigger: when, from where, for whom. */
function newTrigger(figures: readonly Figure[]): string[] {
  const values = new Map(figures.map(({ name, to }) => [name, to]));
  const when = values.get("cronExpression");
  const auth = values.get("authType");
  const prefix = values.get("prefix");
  if (when !== undefined) return [when];
  if (auth !== undefined)
    return [`authType ${auth}`, values.get("disableURLInternet") === "true" ? "no URL on the internet" : "a URL on the internet"];
  return [`bucket ${values.get("bucket")?.split(":").at(-1)}`, `prefix ${prefix}`];
}

function figureText({ name, from, to }: Figure): string {
  const shown = [from, to].map((one) => one ?? "none");
  return shown.some((one) => one.length > VALUE_CHARACTERS_MAX) ? `${name} changes` : `${name} ${shown.join(" → ")}`;
}
