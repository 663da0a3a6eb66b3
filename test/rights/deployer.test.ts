import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { standInsFor } from "../../infra/deploy/standIns.ts";
import { isAllowed } from "../../infra/local/ram/decide.ts";
import { rightsOf } from "../../shared/plan/rights/rights.ts";
import { loadConfig } from "../../shared/runtime/config/loadConfig.ts";

const RECORDINGS = "test/fixtures/fc3";
const [REGION, ACCOUNT] = ["cn-hangzhou", "1234567890123456"];
/** Where RAM's action is not the operation's name: https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/developer-reference/api-fc-2023-03-30-ram */
const renamed = (operation: string) => operation.replace(/AsyncInvokeConfig/, "FunctionAsyncInvokeConfig");
const LOG_ACTIONS: Record<string, string> = {
  "GET /": "log:GetProject",
  "POST /": "log:CreateProject",
  "GET /logstores": "log:GetLogStore",
  "POST /logstores": "log:CreateLogStore",
  "GET /index": "log:GetIndex",
  "POST /index": "log:CreateIndex",
};

interface Recorded {
  method: string;
  host: string;
  path: string;
  action: string | null;
  query: Record<string, string>;
}

/** What RAM is asked for a request that the real fc3 sent; none for the temporary bucket of the code, which its own token opens. */
function askedFor({ method, host, path, action, query }: Recorded): { action: string; resource: string }[] {
  if (host.startsWith("ram.")) return [{ action: `ram:${action}`, resource: `acs:ram:*:${ACCOUNT}:role/${query.RoleName}` }];
  if (host.endsWith(".log.aliyuncs.com")) {
    const last = path.endsWith("/index") ? "/index" : (/^\/logstores/.exec(path)?.[0] ?? "/");
    return [{ action: LOG_ACTIONS[`${method} ${last}`] ?? "", resource: `acs:log:${REGION}:${ACCOUNT}:project/any` }];
  }
  if (action === null) return [];
  const below = /\/functions(\/.+)?$/.exec(path)?.[1] ?? "/*";
  const isSetting = /Config|^ListAliases|^ListFunctionVersions/.test(action);
  const resource = isSetting ? "*" : `acs:fc:${REGION}:${ACCOUNT}:functions${action === "CreateFunction" ? "/ossnap-http" : below}`;
  return [{ action: `fc:${renamed(action)}`, resource }];
}

const recorded = readdirSync(RECORDINGS)
  .filter((name) => name.endsWith(".jsonl"))
  .flatMap((name) => readFileSync(`${RECORDINGS}/${name}`, "utf8").trim().split("\n"))
  .map((line) => JSON.parse(line) as Recorded);
const text = readFileSync("ossnap.yaml", "utf8");
const functions = { copy: "ossnap-copy-blobs", goOn: "ossnap-continue-job", http: "ossnap-http", all: "ossnap-*" };
const { deployer } = rightsOf({
  ...{ config: loadConfig(text, standInsFor(text)), region: REGION, accountId: ACCOUNT, functions },
  ...{ secrets: [], roles: [] },
});

describe("the rights of the deployer", () => {
  it("cover each request that the real fc3 was recorded to send: deploying, deploying again, the event role, removing", () => {
    const asked = recorded.flatMap(askedFor);
    expect(asked.length).toBeGreaterThan(150);
    expect(asked.filter((request) => !isAllowed([deployer], request))).toEqual([]);
  });

  it("reach no other function and no other role", () => {
    const others = [
      { action: "fc:DeleteFunction", resource: `acs:fc:${REGION}:${ACCOUNT}:functions/billing` },
      { action: "fc:InvokeFunction", resource: `acs:fc:${REGION}:${ACCOUNT}:functions/ossnap-http` },
      { action: "ram:AttachPolicyToRole", resource: `acs:ram:*:${ACCOUNT}:role/ossnap-workers` },
      { action: "ram:AttachPolicyToRole", resource: "acs:ram:*:system:policy/AdministratorAccess" },
    ];
    expect(others.filter((request) => isAllowed([deployer], request))).toEqual([]);
  });
});
