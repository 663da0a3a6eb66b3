import * as z from "zod";

/**
 * The part of the fc3 component that ossnap uses, as a strict schema: fc3's own accepts misspelt keys and any trigger configuration.
 * Bounds and names from fc3's `src/schema.json` and Function Compute's CreateFunction API (2023-03-30).
 */

const REGIONS =
  "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-5 ap-southeast-7 cn-beijing cn-chengdu cn-hangzhou cn-heyuan-acdr-1 cn-hongkong cn-huhehaote cn-qingdao cn-shanghai cn-shanghai-cloudspe cn-shanghai-finance-1 cn-shenzhen cn-wulanchabu cn-zhangjiakou eu-central-1 eu-west-1 me-central-1 us-east-1 us-west-1".split(
    " ",
  );

/** The platform sets these variables itself and rejects them in a deployment. */
const RESERVED_VARIABLE = /^(FC_.*|accessKeyID|accessKeySecret|securityToken|topic)$/;
const VARIABLES_BYTES_MAX = 4096;

const functionName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, "1 to 64 of A-Z a-z 0-9 _ -, not a digit first");
const triggerName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,127}$/, "1 to 128 of A-Z a-z 0-9 _ -, not a digit first");
const role = z
  .string()
  .min(1)
  .refine((value) => value === value.toLowerCase(), "must be in lower case, for fc3 lower-cases it before the call");

const triggerBase = { triggerName, description: z.string().optional(), qualifier: z.string().optional() };

const timerTrigger = z.strictObject({
  ...triggerBase,
  triggerType: z.literal("timer"),
  triggerConfig: z.strictObject({
    enable: z.boolean(),
    cronExpression: z
      .string()
      .regex(
        /^(CRON_TZ=\S+ )?(\S+ ){5}\S+$|^@every [1-9]\d*[smh]$/,
        'must be "CRON_TZ=<zone> <sec> <min> <hour> <day> <month> <weekday>" or "@every 1m"',
      ),
    payload: z.string().optional(),
  }),
});

const OSS_EVENTS = [
  ..."PutObject PostObject CopyObject CompleteMultipartUpload AppendObject PutSymlink"
    .split(" ")
    .map((name) => `oss:ObjectCreated:${name}`),
  ..."DeleteObject DeleteObjects AbortMultipartUpload".split(" ").map((name) => `oss:ObjectRemoved:${name}`),
  "oss:ObjectModified:UpdateObjectMeta",
];

const ossTrigger = z.strictObject({
  ...triggerBase,
  triggerType: z.literal("oss"),
  // Without it fc3 creates AliyunOSSEventNotificationRole, and requests it from RAM even for a mere plan.
  invocationRole: role.optional(),
  sourceArn: z.string().regex(/^acs:oss:[a-z0-9-]+:[^:]+:[a-z0-9-]+$/, "must be acs:oss:<region>:<account>:<bucket>"),
  triggerConfig: z.strictObject({
    events: z
      .array(
        z.enum(
          OSS_EVENTS,
          "must be one of OSS's events, and none that fires for every uploaded part (ObjectCreated:*, InitiateMultipartUpload, UploadPart)",
        ),
      )
      .min(1),
    filter: z.strictObject({ key: z.strictObject({ prefix: z.string(), suffix: z.string().optional() }) }),
  }),
});

const httpTrigger = z.strictObject({
  ...triggerBase,
  triggerType: z.literal("http"),
  triggerConfig: z
    .strictObject({
      authType: z.enum(
        ["function", "jwt"],
        "must be function or jwt: with anonymous, everyone on the internet may start the function, at your cost",
      ),
      authConfig: z.record(z.string(), z.unknown()).optional(),
      methods: z.array(z.enum(["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"])).min(1),
      disableURLInternet: z.boolean().optional(),
    })
    .refine(
      (value) => value.authType !== "jwt" || value.authConfig !== undefined,
      "authType jwt needs authConfig with jwks and tokenLookup",
    ),
});

const environmentVariables = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]*$/)
      .refine((name) => !RESERVED_VARIABLE.test(name), "is reserved by Function Compute"),
    z.string(),
  )
  .refine(
    (variables) => Object.entries(variables).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0) <= VARIABLES_BYTES_MAX,
    `names and values may come to ${VARIABLES_BYTES_MAX} bytes`,
  );

const destination = z.strictObject({ destination: z.string() });

const asyncInvokeConfig = z.strictObject({
  maxAsyncRetryAttempts: z.int().min(0).max(8),
  // fc3 allows 30 days, the API one week.
  maxAsyncEventAgeInSeconds: z.int().min(1).max(604_800),
  asyncTask: z.boolean().optional(),
  qualifier: z.string().optional(),
  destinationConfig: z.strictObject({ onSuccess: destination.optional(), onFailure: destination.optional() }).optional(),
});

const logConfig = z.strictObject({
  project: z.string(),
  logstore: z.string(),
  enableInstanceMetrics: z.boolean().optional(),
  enableRequestMetrics: z.boolean().optional(),
  logBeginRule: z.enum(["DefaultRegex", "None"]).optional(),
});

const vpcConfig = z.strictObject({
  vpcId: z.string(),
  vSwitchIds: z.union([z.literal("auto"), z.array(z.string()).min(1)]),
  securityGroupId: z.string(),
});

const functionProps = z.strictObject({
  region: z.enum(REGIONS, "not a region of Function Compute"),
  functionName,
  description: z.string().optional(),
  runtime: z.literal("nodejs20", "must be nodejs20, which the bundles are built for"),
  handler: z.literal("index.handler", "must be index.handler, which the bundles export"),
  code: z.string(),
  memorySize: z.int().min(128).max(32_768).multipleOf(64),
  cpu: z.number().min(0.05).max(16).multipleOf(0.05),
  diskSize: z.union([z.literal(512), z.literal(10_240)]),
  timeout: z.int().min(1).max(86_400),
  internetAccess: z.boolean().optional(),
  role,
  environmentVariables: environmentVariables.optional(),
  vpcConfig: z.union([z.literal("auto"), vpcConfig]).optional(),
  logConfig: z.union([z.literal("auto"), logConfig]).optional(),
  layers: z.array(z.string()).optional(),
  tags: z.array(z.strictObject({ key: z.string(), value: z.string() })).optional(),
  resourceGroupId: z.string().optional(),
  asyncInvokeConfig: asyncInvokeConfig.optional(),
  concurrencyConfig: z.strictObject({ reservedConcurrency: z.int().min(0) }).optional(),
  triggers: z.array(z.discriminatedUnion("triggerType", [timerTrigger, ossTrigger, httpTrigger])).optional(),
});

/** The version of fc3 that the deployments were tried with; a later one may read s.yaml differently. */
export const COMPONENT = "fc3@0.1.22";

/** One entry of `resources`, with every expression resolved. */
export const resourceSchema = z.strictObject({
  component: z.literal(COMPONENT, `must be ${COMPONENT}, the version that was tried`),
  access: z.string().optional(),
  actions: z.record(z.string(), z.unknown()).optional(),
  props: functionProps,
});

/** The file around the resources, which are parsed one by one, so that a fault in one does not hide those of the others. */
export const serverlessSchema = z.strictObject({
  edition: z.literal("3.0.0"),
  name: z.string().min(1),
  access: z.string().optional(),
  vars: z.record(z.string(), z.unknown()).optional(),
  template: z.record(z.string(), z.unknown()).optional(),
  actions: z.record(z.string(), z.unknown()).optional(),
  resources: z.record(z.string(), z.unknown()),
});

export type FunctionProps = z.infer<typeof functionProps>;
export type Trigger = NonNullable<FunctionProps["triggers"]>[number];
export type TimerTrigger = z.infer<typeof timerTrigger>;
export type OssTrigger = z.infer<typeof ossTrigger>;

/** Every key allowed anywhere in the file, for suggestions on misspelt keys. */
export const KNOWN_KEYS: readonly string[] = [
  serverlessSchema,
  resourceSchema,
  functionProps,
  timerTrigger,
  timerTrigger.shape.triggerConfig,
  ossTrigger,
  ossTrigger.shape.triggerConfig,
  ossTrigger.shape.triggerConfig.shape.filter,
  ossTrigger.shape.triggerConfig.shape.filter.shape.key,
  httpTrigger.shape.triggerConfig,
  asyncInvokeConfig,
  asyncInvokeConfig.shape.destinationConfig.unwrap(),
  logConfig,
  vpcConfig,
  functionProps.shape.concurrencyConfig.unwrap(),
].flatMap((schema) => Object.keys(schema.shape));
