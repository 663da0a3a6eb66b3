import { IDENTITY_SETTINGS } from "../../../shared/jobs/registration.ts";
import type { Registration } from "../../../shared/model/config.ts";
import type { Reason } from "../../../shared/model/reason.ts";
import { changeText, type RegistrationDrift } from "../../../shared/repository/drift.ts";
import { printFault } from "../../../shared/repository/fault.ts";
import { type ConfigFault, printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { gatherRegistration } from "../../../shared/verbs/repositories/gatherRegistration.ts";
import { listRepositories, type RepositoryRow } from "../../../shared/verbs/repositories/show.ts";
import { counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { ask, askList } from "../at/ask.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { singleLine } from "../screen/colour.ts";
import { commandText, type Look, marked, type Tone } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";
import { fullText } from "./reachText.ts";

export async function repositories(session: Session): Promise<Answer> {
  const { rows, warnings } = await askList<RepositoryRow, ConfigFault>(
    session,
    { method: "GET", path: "/repositories" },
    async (world) => ({
      rows: await listRepositories(world),
      warnings: [...((await session.settings()).warnings ?? [])],
    }),
  );
  const isUsable = rows.every(({ state }) => TONES[state] !== "bad");
  return {
    schema: "repositories/1",
    data: rows,
    warnings,
    exitCode: isUsable ? EXIT.ok : EXIT.failed,
    text: (look) => repositoriesText(rows, look, warnings.map(printConfigFault)),
  };
}

const TONES: Readonly<Record<RepositoryRow["state"], Tone>> = {
  same: "good",
  absent: "attention",
  different: "attention",
  unverified: "attention",
  others: "good",
  automatic: "attention",
  failed: "bad",
  unreachable: "bad",
};

/** One line per repository, then the warnings about them and about the rest of ossnap.yaml. */
export function repositoriesText(rows: readonly RepositoryRow[], look: Look, configWarnings: readonly string[] = []): string {
  if (rows.length === 0) return "ossnap.yaml names no repositories.";
  const columns = [
    { head: "NAME", name: true },
    { head: "CLUSTER", name: true },
    { head: "TYPE" },
    { head: "USED BY", name: true },
    { head: "STATE", sentence: true },
  ];
  const lines = tableLines(
    columns,
    rows.map((row) => [
      row.name,
      row.cluster,
      `${row.type}${row.readonly ? ", readonly" : ""}`,
      row.usedBy,
      marked(look, TONES[row.state], say(row.reason)),
    ]),
    look,
  );
  const registered = rows.flatMap(({ usedBy, warnings: found }) =>
    found.map((warning) => printFault({ ...warning, path: `${usedBy}.${warning.path === "cluster" ? "" : "register."}${warning.path}` })),
  );
  const about = (text: string) => text.replace(/ .*$/, "").replace(/:$/, "");
  const others = configWarnings.filter((text) => !registered.some((one) => about(one) === about(text)));
  const warnings = [...registered, ...others].map((text) => marked(look, "attention", text));
  const policies = rows.flatMap(({ policies: own = [] }) => own.map(({ policy, full, next }) => fullText(policy, full, next)));
  return [...lines, ...policies, ...warnings, ...rows.flatMap((row) => fixLines(row, look))].join("\n");
}

/** The command that makes a registration as configured, where a person has to decide it. */
function fixLines({ name, state, differences, overwrites }: RepositoryRow, look: Look): string[] {
  const taken = differences.some(({ setting }) => IDENTITY_SETTINGS.includes(setting));
  if (taken) return [`To use ${name}: give the repository another name in ossnap.yaml, or delete the registration on the cluster.`];
  const command = registerCommand(name, overwrites, look);
  if (state === "unverified") return [`To verify ${name}:  ${command}`];
  if (state !== "different") return [];
  const keep = overwrites ? "To keep them, write them into ossnap.yaml. " : "";
  return [`${keep}To register ${name} as in ossnap.yaml:  ${command}`];
}

interface RegisterOptions {
  name: string;
  apply: boolean;
  /** Also where that changes settings which ossnap did not register itself. */
  overwrite?: boolean;
}

/** Shows the wanted registration and how it differs from the current one; `--apply` writes it and lets the cluster verify it. */
export async function register(session: Session, { name, apply, overwrite = false }: RegisterOptions): Promise<Answer> {
  const call = { method: "POST", path: path`/repositories/${name}` } as const;
  if (apply) {
    const row = await ask(session, { ...call, body: { overwrite } }, (world) => registerByHand(world, name, { overwrite }));
    return { schema: "registration/1", data: row, exitCode: EXIT.ok, text: (look) => registeredText(row, look) };
  }
  const plan = await ask(session, { ...call, body: { dryRun: true } }, (world) => gatherRegistration(world, name));
  const { wanted, registered, refusal } = plan;
  const { state, reason, differences, overwrites } = registered;
  const data = { wanted, registered };
  const now = { state, differences, overwrites, refusal, says: say(refusal ?? reason) };
  const answer = { schema: "registration-plan/1", data, text: (look: Look) => dryText(wanted, now, look) };
  if (!refusal) return { ...answer, exitCode: EXIT.ok };
  return { ...answer, exitCode: EXIT.refused, problem: problem("registration-refused", say(refusal), { reason: refusal }) };
}

function registeredText({ name, cluster, readonly, nodes }: RepositoryRow & { nodes: number }, look: Look): string {
  const verified = readonly ? "read-only, so no node tried to write" : `${counted(nodes, "node", "nodes")} verified it`;
  return marked(look, "good", `${name} is registered on ${cluster}: ${verified}`);
}

interface Present extends Pick<RegistrationDrift, "state" | "differences"> {
  overwrites: boolean;
  refusal: Reason | undefined;
  says: string;
}

function dryText(wanted: Registration & { name: string; cluster: string }, now: Present, look: Look): string {
  const head = `Would register ${wanted.name} on ${wanted.cluster}, type ${wanted.type}:`;
  const settings = Object.entries(wanted.settings).map(([key, value]) => singleLine(`  ${key}: ${String(value)}`));
  if (now.refusal) return [head, ...settings, `Now: ${now.says}`, marked(look, "bad", "Refused. Nothing was changed.")].join("\n");
  const doIt = `Nothing was changed. To do it:  ${registerCommand(wanted.name, now.overwrites, look)}`;
  if (now.differences.length === 0) return [head, ...settings, `Now it ${now.says}`, doIt].join("\n");
  const whose = now.overwrites ? "which ossnap did not register" : "which ossnap registered";
  const changes = [`It would change these settings, ${whose}:`, ...now.differences.map((one) => singleLine(`  ${changeText(one)}`))];
  return [head, ...settings, ...(now.overwrites ? changes.map(attention(look)) : changes), doIt].join("\n");
}

/** The heading only: each change has a line of its own. */
const attention = (look: Look) => (line: string, at: number) => (at === 0 ? marked(look, "attention", line) : line);

function registerCommand(name: string, overwrites: boolean, look: Look): string {
  return commandText(look, "repositories", "register", name, "--apply", ...(overwrites ? ["--overwrite"] : []));
}
