import { repositoryState } from "../../../shared/jobs/registration.ts";
import type { Registration } from "../../../shared/model/config.ts";
import { printFault } from "../../../shared/repository/fault.ts";
import { isSecretSetting } from "../../../shared/repository/settingKeys.ts";
import { printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { questionOf, registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { listRepositories, type RepositoryRow } from "../../../shared/verbs/repositories/show.ts";
import { counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { commandText, type Look, marked, type Tone } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";
import { fullText } from "./reachText.ts";

export async function repositories(session: Session): Promise<Answer> {
  const rows = await listRepositories(await session.world());
  const { warnings = [] } = session.settings();
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
  const unverified = rows
    .filter(({ state }) => state === "unverified")
    .map(({ name }) => `To verify ${name}:  ${commandText(look, "repositories", "register", name, "--apply")}`);
  const policies = rows.flatMap(({ policies: own = [] }) => own.map(({ policy, full, next }) => fullText(policy, full, next)));
  return [...lines, ...policies, ...warnings, ...unverified].join("\n");
}

/** Shows the wanted registration and how it differs from the current one; `--apply` writes it and lets the cluster verify it. */
export async function register(session: Session, { name, apply }: { name: string; apply: boolean }): Promise<Answer> {
  const world = await session.world();
  if (apply) {
    const row = await registerByHand(world, name);
    return { schema: "registration/1", data: row, exitCode: EXIT.ok, text: (look) => registeredText(row, look) };
  }
  const question = questionOf(world, name);
  const { drift, need } = await repositoryState(world, question);
  const wanted = { name, cluster: question.cluster, ...withoutSecrets(question.register) };
  const refusal = need && "fault" in need ? need.fault : undefined;
  const data = { wanted, registered: { state: drift.state, reason: drift.reason, differences: drift.differences, secrets: drift.secrets } };
  const text = (look: Look) => dryText(wanted, say(refusal ?? drift.reason), refusal !== undefined, look);
  if (!refusal) return { schema: "registration-plan/1", data, exitCode: EXIT.ok, text };
  return {
    schema: "registration-plan/1",
    data,
    exitCode: EXIT.refused,
    text,
    problem: problem("registration-refused", say(refusal), { reason: refusal }),
  };
}

function withoutSecrets({ type, settings }: Registration): Registration {
  return {
    type,
    settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, isSecretSetting(key) ? "(hidden)" : value])),
  };
}

function registeredText({ name, cluster, readonly, nodes }: RepositoryRow & { nodes: number }, look: Look): string {
  const verified = readonly ? "read-only, so no node tried to write" : `${counted(nodes, "node", "nodes")} verified it`;
  return marked(look, "good", `${name} is registered on ${cluster}: ${verified}`);
}

function dryText(wanted: Registration & { name: string; cluster: string }, now: string, refused: boolean, look: Look): string {
  const settings = Object.entries(wanted.settings).map(([key, value]) => `  ${key}: ${String(value)}`);
  const end = refused
    ? marked(look, "bad", "Refused. Nothing was changed.")
    : `Nothing was changed. To do it:  ${commandText(look, "repositories", "register", wanted.name, "--apply")}`;
  return [
    `Would register ${wanted.name} on ${wanted.cluster}, type ${wanted.type}:`,
    ...settings,
    refused ? `Now: ${now}` : `Now it ${now}`,
    end,
  ].join("\n");
}
