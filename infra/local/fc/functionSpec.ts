import { existsSync } from "node:fs";
import { AppError } from "../../../shared/model/errors.ts";

/** Function Compute's defaults for values missing in s.yaml. */
const ASYNC_RETRIES_DEFAULT = 3;
const ASYNC_EVENT_AGE_SECONDS_DEFAULT = 86_400;
/** More instances of one function than this only compete for one machine's cores. */
const INSTANCES_DEFAULT = 4;
/** https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/product-overview/limits-of-usage */
const TIMEOUT_SECONDS_MAX = 86_400;
/** Names and values together: https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/environment-variables */
const VARIABLES_BYTES_MAX = 4096;
const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const HANDLER_PATTERN = /^[^.\s]+\.[A-Za-z_$][\w$]*$/;

/** One function as it would be deployed. */
export interface FunctionSpec {
  name: string;
  /** Absolute path of the bundle's entry, `/…/dist/http/index.js`. */
  bundle: string;
  /** `index.handler`: the part after the dot is the export that is called. */
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** Retries after a function error, 0 … 8; defaults to 3, as on Function Compute. */
  maxAsyncRetryAttempts?: number | undefined;
  /** An event that waited longer is dropped; defaults to 86,400. */
  maxAsyncEventAgeSeconds?: number | undefined;
  /** Asynchronous invocations are tasks with a state and an id that cannot be used twice. */
  asyncTask?: boolean | undefined;
  /** Maximum number of instances. */
  reservedConcurrency?: number | undefined;
  /** Its variables, at most 4 KB. */
  environmentVariables?: Readonly<Record<string, string>> | undefined;
  /** Of its role; those of the account without a role. */
  credentials?: FunctionCredentials | undefined;
}

/** What the platform hands to each invocation. */
export interface FunctionCredentials {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string | undefined;
}

/** A spec with all defaults applied. */
export interface DeployedFunction {
  readonly name: string;
  readonly bundle: string;
  readonly handler: string;
  readonly exportName: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly asyncRetries: number;
  readonly asyncEventAgeMs: number;
  readonly asyncTask: boolean;
  readonly instancesMax: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly credentials: FunctionCredentials | undefined;
}

/** Errors: `invalid` with the function, the field and the value; `absent` when the bundle was never built. */
export function deployFunction(spec: FunctionSpec): DeployedFunction {
  const require = (holds: boolean, field: keyof FunctionSpec, wanted: string) => {
    if (!holds) throw new AppError("invalid", `function ${spec.name}: ${field} is ${String(spec[field])}, it must be ${wanted}`);
  };
  const retries = spec.maxAsyncRetryAttempts ?? ASYNC_RETRIES_DEFAULT;
  const ageSeconds = spec.maxAsyncEventAgeSeconds ?? ASYNC_EVENT_AGE_SECONDS_DEFAULT;
  const instancesMax = spec.reservedConcurrency ?? INSTANCES_DEFAULT;
  require(NAME_PATTERN.test(spec.name), "name", "1 to 64 letters, digits, _ and -, beginning with a letter or _");
  require(HANDLER_PATTERN.test(spec.handler), "handler", "file.export, such as index.handler");
  require(spec.timeoutSeconds > 0 &&
    spec.timeoutSeconds <= TIMEOUT_SECONDS_MAX, "timeoutSeconds", `above 0, at most ${TIMEOUT_SECONDS_MAX}`);
  require(spec.memoryMb > 0, "memoryMb", "above 0");
  require(Number.isInteger(retries) && retries >= 0 && retries <= 8, "maxAsyncRetryAttempts", "a whole number from 0 to 8");
  require(ageSeconds > 0, "maxAsyncEventAgeSeconds", "above 0");
  require(Number.isInteger(instancesMax) && instancesMax > 0, "reservedConcurrency", "a whole number above 0");
  requireVariables(`function ${spec.name}`, spec.environmentVariables ?? {});
  if (!existsSync(spec.bundle))
    throw new AppError("absent", `function ${spec.name}: bundle ${spec.bundle} does not exist: build the bundles first`);
  return {
    name: spec.name,
    bundle: spec.bundle,
    handler: spec.handler,
    exportName: spec.handler.slice(spec.handler.indexOf(".") + 1),
    timeoutSeconds: spec.timeoutSeconds,
    memoryMb: spec.memoryMb,
    asyncRetries: retries,
    asyncEventAgeMs: ageSeconds * 1000,
    asyncTask: spec.asyncTask ?? false,
    instancesMax,
    variables: spec.environmentVariables ?? {},
    credentials: spec.credentials,
  };
}

/** Errors: `invalid` above the platform's limit; names what is largest, and shows no value. */
export function requireVariables(subject: string, variables: Readonly<Record<string, string>>): void {
  const sizes = Object.entries(variables).map(([name, value]) => ({ name, bytes: Buffer.byteLength(name + value) }));
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes <= VARIABLES_BYTES_MAX) return;
  const [largest] = sizes.sort((one, other) => other.bytes - one.bytes);
  const wrong = `environmentVariables come to ${bytes} bytes, names and values together, and the maximum is ${VARIABLES_BYTES_MAX}`;
  throw new AppError("invalid", `${subject}: ${wrong}; the largest is ${largest?.name} with ${largest?.bytes} bytes`);
}
