import { applySharing, drySharing } from "../../../../shared/verbs/sharing/apply.ts";
import { listShared, type SharedList } from "../../../../shared/verbs/sharing/show.ts";
import type { SharingPlan, SharingRequest } from "../../../../shared/verbs/sharing/types.ts";
import { say } from "../../../../shared/words/say.ts";
import type { Answer } from "../../answer.ts";
import { path } from "../../at/api.ts";
import { ask } from "../../at/ask.ts";
import { EXIT, problem } from "../../exitCodes.ts";
import { commandText, type Look, marked } from "../../screen/look.ts";
import { tableLines } from "../../screen/table.ts";
import type { Session } from "../../session.ts";

/** The shared repositories of one cluster, and the instances that could be added. */
export async function list(session: Session, { cluster }: { cluster: string }): Promise<Answer> {
  const call = { method: "GET", path: path`/clusters/${cluster}/shared` } as const;
  const found = await ask(session, call, (world) => listShared(world, cluster));
  return { schema: "shared/1", data: found, exitCode: EXIT.ok, text: (look) => listText(found, look) };
}

/** The bucket is the platform's own, so neither a copy nor a proof from outside is possible. */
const SEVEN_DAYS =
  "Shared repositories hold the automatic snapshots of the last seven days, in a bucket that cannot be read from outside. To keep snapshots longer, give the instance a policy of its own (backups).";

function listText({ cluster, target, shared, alternatives }: SharedList, look: Look): string {
  const lines = shared.length === 0 ? [`No instance shares its snapshots with ${target} (${cluster}).`] : tableOf(shared, look);
  const [first] = alternatives;
  if (first !== undefined) {
    lines.push(`It could use the snapshots of: ${alternatives.join(", ")}`);
    lines.push(`To share them:  ${commandText(look, "shared", "add", first, "--to", cluster)}`);
  }
  return [...lines, ...(shared.length === 0 ? [] : [SEVEN_DAYS])].join("\n");
}

function tableOf(shared: SharedList["shared"], look: Look): string[] {
  const columns = [{ head: "INSTANCE", name: true }, { head: "REPOSITORY", name: true }, { head: "STATE" }];
  const stateOf = (available: boolean) => (available ? marked(look, "good", "available") : marked(look, "bad", "unavailable"));
  return tableLines(
    columns,
    shared.map(({ instance, repository, available }) => [instance, repository, stateOf(available)]),
    look,
  );
}

interface ChangeOptions extends SharingRequest {
  kind: SharingPlan["kind"];
  yes: boolean;
}

/** Shows what would be done and what is in its way; `yes` does it. */
export async function change(session: Session, { kind, yes, ...request }: ChangeOptions): Promise<Answer> {
  const { plan, done } = await planned(session, kind, request, yes);
  const [refusal] = plan.refusals;
  const answer = { schema: "sharing/1", data: { ...plan, done }, text: (look: Look) => changeText(plan, done, look) };
  if (!refusal) return { ...answer, exitCode: EXIT.ok };
  const detail = plan.refusals.map(say).join("; ");
  return { ...answer, exitCode: EXIT.refused, problem: problem("sharing-refused", detail, { reason: refusal, plan }) };
}

async function planned(session: Session, kind: SharingPlan["kind"], request: SharingRequest, yes: boolean) {
  const { api } = session;
  if (api === undefined) {
    const world = await session.world();
    return yes ? await applySharing(world, kind, request) : { plan: await drySharing(world, kind, request), done: false };
  }
  const { cluster, instance } = request;
  const at = path`/clusters/${cluster}/shared/${kind}`;
  const asked = async (apply: boolean) => {
    const call = { method: "POST", path: at, body: { instance, apply } } as const;
    const { done, ...plan } = (await api(call, { paused: !apply })).body as SharingPlan & { done: boolean };
    return { plan, done };
  };
  const dry = await asked(false);
  return yes && dry.plan.refusals.length === 0 ? await asked(true) : dry;
}

function changeText(plan: SharingPlan, done: boolean, look: Look): string {
  const { kind, cluster, target, instance, repository, already, warnings, refusals } = plan;
  const told = warnings.map((why) => marked(look, "attention", say(why)));
  const seen = `${target} (${cluster})`;
  if (already) return [marked(look, "good", `${instance} is shared with ${seen} already, as ${repository}`), ...told].join("\n");
  if (done && kind === "remove")
    return [
      marked(look, "good", `${instance} is no longer shared with ${seen}: ${repository} is not registered there any more`),
      ...told,
    ].join("\n");
  if (done) return [marked(look, "good", `${seen} has ${repository} registered`), ...told, SEVEN_DAYS, restoreLine(plan, look)].join("\n");
  const head = kind === "add" ? `Would register ${repository} on ${seen}, read-only.` : `Would take ${repository} off ${seen}.`;
  if (refusals.length > 0) {
    const why = refusals.map((one) => marked(look, "bad", say(one)));
    return [head, ...why, "Refused. Nothing was changed."].join("\n");
  }
  const words = kind === "add" ? ["add", instance, "--to"] : ["remove", instance, "--from"];
  return [head, ...told, `Nothing was changed. To do it:  ${commandText(look, "shared", ...words, cluster, "--yes")}`].join("\n");
}

function restoreLine({ repository, cluster }: SharingPlan, look: Look): string {
  return `To restore from it:  ${commandText(look, "restore", "latest", "--repository", repository, "--to", cluster)}`;
}
