import { dirname } from "node:path";
import type { DeployedFunction, FunctionCredentials } from "./functionSpec.ts";

/** The variables that an instance inherits from this machine; all others would be missing on the platform too. */
const INHERITED_VARIABLES = ["PATH", "TZ"] as const;

/** The account in which the functions appear to run. */
export interface Account {
  /** Of functions without a role. */
  credentials: FunctionCredentials;
  region: string;
  accountId: string;
}

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/context-1-1; the instance adds the logger. */
export function invocationContext(account: Account, deployed: DeployedFunction, requestId: string): Record<string, unknown> {
  const { accessKeyId, accessKeySecret, securityToken = "" } = deployed.credentials ?? account.credentials;
  return {
    requestId,
    credentials: { accessKeyId, accessKeySecret, securityToken },
    function: { name: deployed.name, handler: deployed.handler, memory: deployed.memoryMb, timeout: deployed.timeoutSeconds },
    service: { logProject: "", logStore: "", qualifier: "LATEST", versionId: "" },
    region: account.region,
    accountId: account.accountId,
    tracing: { openTracingSpanContext: "", openTracingSpanBaggages: {}, jaegerEndpoint: "" },
  };
}

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/environment-variables: the platform's own override `env`. */
export function instanceEnvironment(
  account: Account,
  deployed: DeployedFunction,
  instanceId: string,
  env: Record<string, string>,
): Record<string, string> {
  const { accountId, region } = account;
  const credentials = deployed.credentials ?? account.credentials;
  const inherited = INHERITED_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...Object.fromEntries(inherited),
    ...env,
    ...deployed.variables,
    ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: credentials.securityToken ?? "",
    FC_FUNC_CODE_PATH: dirname(deployed.bundle),
    FC_ACCOUNT_ID: accountId,
    FC_FUNCTION_HANDLER: deployed.handler,
    FC_FUNCTION_MEMORY_SIZE: String(deployed.memoryMb),
    FC_FUNCTION_NAME: deployed.name,
    FC_REGION: region,
    FC_CUSTOM_LISTEN_PORT: "9000",
    FC_INSTANCE_ID: instanceId,
    FC_QUALIFIER: "LATEST",
  };
}
