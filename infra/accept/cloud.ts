import * as z from "zod";
import { AppError } from "../../shared/model/errors.ts";
import { issueWrong } from "../../shared/runtime/issueText.ts";
import type { Environment } from "../cli/environment.ts";
import { type Site, variable } from "./site.ts";

/** Unlikely to be in use, and one that `ossnap policies` and the console show at once. */
const PREFIX_DEFAULT = "ossnap-accept";
const DEPLOYMENT = "accept";

const given = z.string({ error: "is not set" }).min(1, "is not set");
const optional = z.string().optional();

/** The variables of an acceptance in the cloud, beside those of a deployment. */
const variables = z.object({
  ACCOUNT_ID: given,
  OSSNAP_ROLE_ARN: given,
  OSSNAP_HTTP_ROLE_ARN: given,
  ALIBABA_CLOUD_ACCESS_KEY_ID: given,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: given,
  ALIBABA_CLOUD_SECURITY_TOKEN: optional,
  ACCEPT_REGION: given,
  ACCEPT_BUCKET: given,
  ACCEPT_PREFIX: optional,
  ACCEPT_CLUSTER_URL: given,
  ACCEPT_CLUSTER_USERNAME: optional,
  ACCEPT_CLUSTER_PASSWORD: optional,
  ACCEPT_OSS_KEY: given,
  ACCEPT_OSS_SECRET: given,
  ACCEPT_VPC: optional,
  ACCEPT_VSWITCHES: optional,
  ACCEPT_SECURITY_GROUP: optional,
});

export type CloudVariables = z.infer<typeof variables>;

/** Errors: `invalid` with every variable that is missing. */
export function cloudVariables(env: Environment): CloudVariables {
  const read = variables.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")));
  if (read.success) return read.data;
  const lines = read.error.issues.map((issue) => `${issue.path.join(".")}: ${issueWrong(issue)}`);
  throw new AppError(
    "invalid",
    "accept:cloud: variables are missing; set them in the shell or in the file of --env-file (docs/deploy.md)",
    {
      lines,
    },
  );
}

/** One bucket, one cluster that takes and restores, and a repository of type oss; names of secrets only. */
export function cloudSite(cloud: CloudVariables): Site {
  const { ACCEPT_REGION: region, ACCEPT_BUCKET: bucket, ACCEPT_PREFIX: prefix = PREFIX_DEFAULT } = cloud;
  const place = { store: "oss", bucket, endpoint: "auto", region };
  const register = (basePath: string) => ({
    type: "oss",
    settings: {
      endpoint: `oss-${region}-internal.aliyuncs.com`,
      bucket,
      base_path: basePath,
      access_key_id: variable("ACCEPT_OSS_KEY"),
      secret_access_key: variable("ACCEPT_OSS_SECRET"),
    },
  });
  const cluster = {
    url: cloud.ACCEPT_CLUSTER_URL,
    ...(cloud.ACCEPT_CLUSTER_USERNAME === undefined
      ? {}
      : { username: cloud.ACCEPT_CLUSTER_USERNAME, password: variable("ACCEPT_CLUSTER_PASSWORD") }),
  };
  const { ACCEPT_VPC: id, ACCEPT_VSWITCHES: vSwitches = "", ACCEPT_SECURITY_GROUP: securityGroup = "" } = cloud;
  return {
    deployment: DEPLOYMENT,
    vpc: id === undefined ? undefined : { id, vSwitches: vSwitches.split(",").map((one) => one.trim()), securityGroup },
    state: { bucket, prefix: `${prefix}/state/`, endpoint: "auto", region },
    clusters: { source: cluster, target: cluster },
    written: { register: register(`${prefix}/written`), blobs: { ...place, basePath: `${prefix}/written` } },
    copied: { blobs: { ...place, basePath: `${prefix}/copied` }, register: register(`${prefix}/copied`) },
  };
}
