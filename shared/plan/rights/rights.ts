import type { Config } from "../../model/config.ts";
import { allow, type RamDocument, type RamStatement, ramDocument } from "./documents.ts";
import { bucketOf, objectsOf, ossStatements, type UsedPlace, usedPlaces } from "./places.ts";
import { type AwsDocument, s3Document } from "./s3Side.ts";

export interface RightsInput {
  config: Config;
  /** Of the functions. */
  region: string;
  /** Number of the Alibaba Cloud account. */
  accountId: string;
  /** Deployed names; `all` matches every function of the deployment, such as `ossnap-*`. */
  functions: { copy: string; goOn: string; http: string; all: string };
  /** Names of KMS secrets that the configuration reads. */
  secrets: readonly string[];
  /** Roles that the deployed functions take, as ARNs. */
  roles: readonly string[];
}

/** Of each key and role what it may do, and nothing more. */
export interface Rights {
  /** Who may take both roles. */
  trust: RamDocument;
  /** The role of all functions but the HTTP one. */
  workers: RamDocument;
  /** The role of the HTTP function: it deletes below the state only, and writes no copy. */
  http: RamDocument;
  /** Whoever uses the command line beside ossnap.yaml. */
  terminal: RamDocument;
  /** Whoever runs `npm run deploy`. */
  deployer: RamDocument;
  /** Buckets that must not be public; Block Public Access makes public ACLs and policies void. */
  buckets: string[];
  /** By path in ossnap.yaml: what the keys of a place on Amazon S3 may do there. */
  s3: Record<string, AwsDocument>;
  /** By path in ossnap.yaml: what the own keys of a place on OSS may do there, which the roles need not. */
  keys: Record<string, RamDocument>;
}

export const UNKNOWN_ACCOUNT_ID = "ACCOUNT-ID";

/** Derived from ossnap.yaml alone; a test removes each action in turn, and the run that needs it fails. */
export function rightsOf(input: RightsInput): Rights {
  const places = usedPlaces(input.config);
  const onOss = places.filter(({ place }) => place.store === "oss");
  const own = onOss.filter(({ place }) => place.accessKeyId === undefined);
  const keyed = onOss.filter(({ place }) => place.accessKeyId !== undefined);
  const workers = [...ossStatements(own, { writes: true }), ...taskStatements(input)];
  const http = [...ossStatements(own, { writes: false }), ...taskStatements(input), ...instanceStatements(input)];
  return {
    trust: ramDocument([{ Effect: "Allow", Principal: { Service: ["fc.aliyuncs.com"] }, Action: ["sts:AssumeRole"] }]),
    workers: ramDocument([...workers, ...secretStatements(input)]),
    http: ramDocument([...http, ...secretStatements(input)]),
    terminal: ramDocument([
      ...ossStatements(own, { writes: true }),
      ...own.filter(({ use }) => use === "state").map(({ place }) => allow(["oss:GetBucketVersioning"], [bucketOf(place)])),
      ...taskStatements(input),
      // For `--at fc`; that a signed HTTP trigger asks for it is unverified: Alibaba's page on signed triggers names no right.
      allow(["fc:InvokeFunction"], [functionArn(input, input.functions.http)]),
      ...instanceStatements(input),
      ...secretStatements(input),
    ]),
    deployer: ramDocument(deployStatements(input, onOss)),
    buckets: [...new Set(onOss.map(({ place }) => place.bucket))].sort(),
    s3: Object.fromEntries(
      places.filter(({ place }) => place.store === "s3").map(({ path, place, use }) => [path, s3Document(place, use)]),
    ),
    keys: Object.fromEntries(keyed.map((used) => [used.path, ramDocument(ossStatements([used], { writes: true }))])),
  };
}

/** GetAsyncTask takes no narrower resource: https://www.alibabacloud.com/help/en/functioncompute/fc/developer-reference/api-fc-2023-03-30-getasynctask */
function taskStatements({ functions, ...input }: RightsInput): RamStatement[] {
  const names = [functions.copy, functions.goOn];
  return [
    allow(
      ["fc:InvokeFunction"],
      names.map((name) => functionArn(input, name)),
    ),
    allow(["fc:GetAsyncTask"], ["*"]),
  ];
}

/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/policies-and-sample-policies */
function functionArn({ region, accountId }: Pick<RightsInput, "region" | "accountId">, name: string): string {
  return `acs:fc:${region}:${accountId}:functions/${name}`;
}

/** Only where a cluster is named as an instance of Alibaba Cloud Elasticsearch; whose snapshots it may share is looked up by the id that a person names. */
function instanceStatements({ config, region, accountId }: RightsInput): RamStatement[] {
  const regions = new Map<string, string[]>();
  for (const { instanceId, region: own = region } of Object.values(config.clusters))
    if (instanceId !== undefined) regions.set(own, [...new Set([...(regions.get(own) ?? []), instanceId])]);
  const arn = (own: string, instance: string) => `acs:elasticsearch:${own}:${accountId}:instances/${instance}`;
  const operations = ["ListSnapshotReposByInstanceId", "ListAlternativeSnapshotRepos", "AddSnapshotRepo", "DeleteSnapshotRepo"];
  return [...regions].flatMap(([own, instances]) => [
    allow(["elasticsearch:DescribeInstance"], [arn(own, "*")]),
    allow(
      operations.map((name) => `elasticsearch:${name}`),
      instances.map((instance) => arn(own, instance)),
    ),
  ]);
}

/** https://www.alibabacloud.com/help/en/kms/key-management-service/developer-reference/api-kms-2016-01-20-getsecretvalue */
function secretStatements({ secrets, region, accountId }: RightsInput): RamStatement[] {
  if (secrets.length === 0) return [];
  return [
    allow(
      ["kms:GetSecretValue"],
      secrets.map((name) => `acs:kms:${region}:${accountId}:secret/${name}`),
    ),
  ];
}

const FUNCTION_ACTIONS = ["GetFunction", "CreateFunction", "UpdateFunction", "DeleteFunction"].map((name) => `fc:${name}`);
/**
 * Documented to take no narrower resource for PutFunctionAsyncInvokeConfig and GetConcurrencyConfig, the others after them:
 * https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/developer-reference/api-fc-2023-03-30-ram
 */
const SETTING_ACTIONS = [
  ...["GetFunctionAsyncInvokeConfig", "PutFunctionAsyncInvokeConfig", "DeleteFunctionAsyncInvokeConfig"],
  ...["GetConcurrencyConfig", "PutConcurrencyConfig", "DeleteConcurrencyConfig", "GetProvisionConfig", "GetScalingConfig"],
  // A removal looks whether anything else belongs to a function.
  ...["ListFunctionAsyncInvokeConfigs", "ListScalingConfigs", "ListAliases", "ListFunctionVersions"],
].map((name) => `fc:${name}`);
/** Of the role that fc3 lets OSS take, created with the first OSS trigger that names no other: https://github.com/devsapp/fc3 */
const EVENT_ROLE = "AliyunOSSEventNotificationRole";
const EVENT_ROLE_ACTIONS = ["GetRole", "CreateRole", "ListPoliciesForRole", "AttachPolicyToRole", "PassRole"].map((name) => `ram:${name}`);
const TRIGGER_ACTIONS = ["Get", "List", "Create", "Update", "Delete"].map((verb) => `fc:${verb}Trigger${verb === "List" ? "s" : ""}`);

/**
 * The requests of a deployment and a removal by Serverless Devs with fc3. Functions that connect to a VPC and write logs do so by the service-linked
 * role of Function Compute, which needs no right here: https://www.alibabacloud.com/help/en/functioncompute/service-linked-role-of-function-compute
 */
function deployStatements(input: RightsInput, places: readonly UsedPlace[]): RamStatement[] {
  const { region, accountId, functions, config, roles } = input;
  const all = functionArn(input, functions.all);
  const watched = Object.values(config.watches).filter(({ blobs }) => blobs.store === "oss");
  const buckets = [...new Set(watched.map(({ blobs }) => bucketOf(blobs)))];
  const state = places.filter(({ use }) => use === "state").map(({ place }) => place);
  return [
    allow(FUNCTION_ACTIONS, [all, `${all}/*`]),
    allow(SETTING_ACTIONS, ["*"]),
    allow(TRIGGER_ACTIONS, [`${all}/triggers`, `${all}/triggers/*`]),
    allow(["fc:ListFunctions"], [functionArn(input, "*")]),
    allow(["fc:ListVpcBindings"], [`${all}/vpc-bindings`, `${all}/vpc-bindings/*`]),
    ...(roles.length === 0 ? [] : [allow(["ram:PassRole"], roles, { StringEquals: { "acs:Service": ["fc.aliyuncs.com"] } })]),
    ...(buckets.length === 0
      ? []
      : [
          // fc3 names it in lower case when it passes it on; RAM compares names without case.
          allow(EVENT_ROLE_ACTIONS, [
            `acs:ram:*:${accountId}:role/${EVENT_ROLE}`,
            `acs:ram:*:${accountId}:role/${EVENT_ROLE.toLowerCase()}`,
          ]),
          allow(
            ["ram:AttachPolicyToRole"],
            ["acs:ram:*:system:policy/AliyunOSSEventNotificationRolePolicy", "acs:ram:*:system:policy/AliyunFCInvocationAccess"],
          ),
          allow(["oss:GetBucketEventNotification", "oss:PutBucketEventNotification", "oss:DeleteBucketEventNotification"], buckets),
        ]),
    allow(
      ["log:GetProject", "log:CreateProject", "log:GetLogStore", "log:CreateLogStore", "log:GetIndex", "log:CreateIndex"],
      [`acs:log:${region}:${accountId}:project/*`],
    ),
    ...state.flatMap((place) => [
      allow(["oss:GetBucketVersioning"], [bucketOf(place)]),
      allow(["oss:GetObject", "oss:PutObject"], [objectsOf(place)]),
    ]),
  ];
}
