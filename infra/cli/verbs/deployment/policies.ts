import { deployedName } from "../../../../shared/model/deployment/deployedName.ts";
import { type Rights, rightsOf, UNKNOWN_ACCOUNT_ID } from "../../../../shared/plan/rights/rights.ts";
import type { Answer } from "../../answer.ts";
import { requireHere } from "../../at/ask.ts";
import { EXIT } from "../../exitCodes.ts";
import type { DOCUMENTS } from "../../line/policyOptions.ts";
import { type Look, marked } from "../../screen/look.ts";
import type { Session } from "../../session.ts";

interface Input {
  account?: string | undefined;
  only?: (typeof DOCUMENTS)[number] | undefined;
}

/** What to grant at Alibaba Cloud and Amazon for ossnap.yaml as it is; reads ossnap.yaml only. */
export async function policies(session: Session, { account, only }: Input): Promise<Answer> {
  requireHere(session, "policies reads ossnap.yaml alone");
  const { config, unset, secrets, copyFunction, continueFunction } = session.planned();
  const env = session.environment();
  const accountId = account ?? env.OSSNAP_ACCOUNT_ID ?? env.ACCOUNT_ID ?? UNKNOWN_ACCOUNT_ID;
  const region = config.state.region ?? "cn-hangzhou";
  const roles = [
    env.OSSNAP_ROLE_ARN ?? `acs:ram::${accountId}:role/ossnap-workers`,
    env.OSSNAP_HTTP_ROLE_ARN ?? `acs:ram::${accountId}:role/ossnap-http`,
  ];
  const named = (name: string) => deployedName(name, config.deployment);
  const functions = { copy: copyFunction, goOn: continueFunction, http: named("ossnap-http"), all: named("ossnap-*") };
  const rights = asWritten(unset, rightsOf({ config, region, accountId, functions, secrets, roles }));
  const text = (look: Look) => (only ? JSON.stringify(rights[only], undefined, 2) : rightsText(rights, { roles, accountId }, look));
  return { schema: "rights/1", data: only ? { [only]: rights[only] } : { ...rights }, exitCode: EXIT.ok, text };
}

/** With the variables that are not set as ossnap.yaml names them. */
function asWritten(unset: ReadonlyMap<string, string>, rights: Rights): Rights {
  const text = [...unset].reduce((all, [word, variable]) => all.replaceAll(word, variable), JSON.stringify(rights));
  return JSON.parse(text) as Rights;
}

function rightsText(rights: Rights, { roles, accountId }: { roles: readonly string[]; accountId: string }, look: Look): string {
  const { trust, workers, http, terminal, deployer, buckets, s3, keys } = rights;
  const [workerRole, httpRole] = roles;
  return [
    "For ossnap.yaml as it is. Paste each document into RAM (`--only NAME` prints one alone):",
    section("Who may take both roles (trust policy):", trust),
    section(`workers: the role of every function but the HTTP one, ${workerRole}:`, workers),
    section(`http: the role of the HTTP function, ${httpRole}:`, http),
    section("terminal: the RAM user whose keys the command line uses:", terminal),
    section("deployer: the RAM user that runs npm run deploy:", deployer),
    ...Object.entries(keys).map(([path, document]) => section(`The keys of ${path}:`, document)),
    ...Object.entries(s3).map(([path, document]) => section(`At Amazon, the keys of ${path}:`, document)),
    "",
    "No bucket may be public. Once for each:",
    ...buckets.map(
      (bucket) =>
        `  ossutil api put-bucket-public-access-block --bucket ${bucket} \\\n    --public-access-block-configuration '{"BlockPublicAccess":"true"}'`,
    ),
    "",
    ...(accountId === UNKNOWN_ACCOUNT_ID
      ? [marked(look, "attention", `${UNKNOWN_ACCOUNT_ID} stands for the number of your account: --account 1234567890123456 fills it in.`)]
      : []),
    ...(JSON.stringify(rights).includes("${")
      ? [marked(look, "attention", "A name in braces is a variable that is not set here: set it, or write its value in the documents.")]
      : []),
    marked(
      look,
      "attention",
      "VPC and logs: Function Compute uses its own role AliyunServiceRoleForFC; it is created when you activate it.",
    ),
  ].join("\n");
}

function section(title: string, document: unknown): string {
  return ["", title, JSON.stringify(document, undefined, 2)].join("\n");
}
