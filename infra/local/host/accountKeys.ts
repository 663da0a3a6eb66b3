import { randomBytes } from "node:crypto";
import type { Config } from "../../../shared/model/config.ts";
import { rightsOf } from "../../../shared/plan/rights/rights.ts";
import type { SigningKeys } from "../fc/doors/acs3Signature.ts";
import type { FunctionCredentials } from "../fc/functionSpec.ts";
import type { OssCredentials } from "../oss/http/authenticate.ts";
import type { Deployment } from "./deployment.ts";

/** Whoever has rights of their own: both roles, and the RAM user whose keys the command line uses. */
export interface AccountKeys {
  workers: FunctionCredentials;
  http: FunctionCredentials;
  terminal: FunctionCredentials;
}

/** Those of roles are temporary ones, as on the platform. */
export function newAccountKeys(): AccountKeys {
  const temporary = () => ({ ...newKeys("STS"), securityToken: randomBytes(24).toString("base64url") });
  return { workers: temporary(), http: temporary(), terminal: newKeys("LOCAL") };
}

/** Of no account: they work for one run of the local host. */
export function newKeys(prefix: string): { accessKeyId: string; accessKeySecret: string } {
  return { accessKeyId: `${prefix}${randomBytes(6).toString("hex")}`, accessKeySecret: randomBytes(15).toString("hex") };
}

/** ARNs of both roles, as the deployer's environment names them. */
export function roleArns(accountId: string): { workers: string; http: string } {
  const arn = (name: string) => `acs:ram::${accountId}:role/${name}`;
  return { workers: arn("ossnap-workers"), http: arn("ossnap-http") };
}

interface Account {
  region: string;
  accountId: string;
  /** May do everything. */
  oss: FunctionCredentials;
  keys: AccountKeys;
}

/** As both stand-ins accept them: each key may do what `ossnap policies` prints for it, and the account's own everything. */
export function acceptedKeys(
  { region, accountId, oss, keys }: Account,
  config: Config,
  deployment: Pick<Deployment, "nameOf">,
): (SigningKeys & OssCredentials)[] {
  const [copy, goOn, http] = ["copyBlobs", "continueJob", "http"].map((bundle) => deployment.nameOf(bundle)) as [string, string, string];
  const functions = { copy, goOn, http, all: "ossnap-*" };
  const rights = rightsOf({ config, region, accountId, functions, secrets: [], roles: [] });
  const both = (one: FunctionCredentials) => ({ ...one, secretAccessKey: one.accessKeySecret });
  const limited = (["workers", "http", "terminal"] as const).map((name) => ({ ...both(keys[name]), policies: [rights[name]] }));
  return [both(oss), ...limited];
}
