import type { PolicyDocument } from "../../../../shared/plan/amazon/policies.ts";
import { type PoliciesShown, showPolicies } from "../../../../shared/verbs/migration/policies.ts";
import { say } from "../../../../shared/words/say.ts";
import type { Answer } from "../../answer.ts";
import { path } from "../../at/api.ts";
import { EXIT } from "../../exitCodes.ts";
import { type Look, marked } from "../../screen/look.ts";
import type { Session } from "../../session.ts";

/** What to grant at Amazon for one repository; reads ossnap.yaml only. */
export async function policies(session: Session, { name, kmsKey }: { name: string; kmsKey?: string | undefined }): Promise<Answer> {
  const call = { method: "GET", path: path`/migrations/${name}/policies`, query: { kmsKey } } as const;
  // Without a state, where it runs here.
  const shown = session.api
    ? ((await session.api(call)).body as PoliciesShown)
    : showPolicies((await session.settings()).config, name, { kmsKey });
  return { schema: "policies/1", data: shown, exitCode: EXIT.ok, text: (look) => policiesText(shown, look) };
}

function policiesText({ repository, cluster, domain, roleArn, trust, role, caller, reader, notes }: PoliciesShown, look: Look): string {
  const sections = [
    ...(trust && role
      ? [
          section(`Trust policy of the role ${roleArn}:`, trust),
          section("Policy of that role, with which the domain uses the bucket:", role),
        ]
      : []),
    section(`Policy of whoever signs the requests (the keys of clusters.${cluster}.aws, or of the environment):`, caller),
    section(`Policy of whoever reads the blobs for a copy or a proof (the keys of repositories.${repository}.blobs):`, reader),
  ];
  const head = [`For ${repository} on ${cluster}, the domain ${domain}:`, "Paste each document into IAM."];
  return [...head, ...sections, "", ...notes.map((note) => marked(look, "attention", say(note)))].join("\n");
}

function section(title: string, document: PolicyDocument): string {
  return ["", title, JSON.stringify(document, undefined, 2)].join("\n");
}
