/** The network of the account in which the functions run, beside the internet. */
export interface Vpc {
  /** `vpc-…` */
  id: string;
  /** `vsw-…`; addresses of the functions come from them. */
  vSwitches: string[];
  /** `sg-…` */
  securityGroup: string;
}

/** What every function's name begins with. */
const PREFIX = "ossnap-";

/** Two deployments in one account and region differ in the names of their functions: `ossnap-copy-blobs` is `ossnap-prod-copy-blobs` in prod. */
export function deployedName(functionName: string, deployment: string | undefined): string {
  if (deployment === undefined) return functionName;
  return `${PREFIX}${deployment}-${functionName.slice(PREFIX.length)}`;
}
