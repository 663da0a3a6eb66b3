import { AppError, hasCode, messageOf } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { parseEndpoint } from "../repository/endpoint.ts";
import { type Environment, kmsNamesIn, kmsVariables, resolveEnvironment } from "./config/environment.ts";
import { asPlace } from "./config/reading.ts";
import { readSource } from "./config/source.ts";
import { at } from "./config/tree.ts";
import type { FcContext } from "./context.ts";
import { configTextOf, endpointOf, type RuntimeSettings, readSettings } from "./settings.ts";

/** Reserved for what follows the reading of secrets in the same invocation. */
const MARGIN_MS = 1_000;

/**
 * The settings of a function's instance or of one command, with the secrets that ossnap.yaml takes from KMS (`${kms:NAME}`). They are read
 * with the keys of the context's role or of the environment; without such a name nothing is requested. One error has all faults.
 */
export async function openSettings(configPath: string, context: FcContext, env: Environment = process.env): Promise<RuntimeSettings> {
  const text = configTextOf(configPath, env);
  const tree = text.includes("${kms:") ? readSource(text).source?.tree : undefined;
  // A smoke run has stand-ins in its environment.
  const names = kmsNamesIn(tree).filter((name) => env[`kms:${name}`] === undefined);
  if (names.length === 0) return readSettings(configPath, env);
  const secrets = await readSecrets(names, { context, env, region: context.region ?? stateRegion(tree, env) });
  return readSettings(configPath, { ...env, ...kmsVariables(secrets) });
}

interface Reading {
  context: FcContext;
  env: Environment;
  region: string | undefined;
}

async function readSecrets(names: readonly string[], reading: Reading): Promise<Record<string, string>> {
  const secrets = await openSecrets(names, reading);
  const read = await Promise.allSettled(names.map((name) => secrets.read(name)));
  const failures = read.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const [first] = failures;
  if (first !== undefined) {
    const [message = "", ...lines] = failures.map(messageOf);
    // A name that nothing has is a fault of ossnap.yaml.
    const code = hasCode(first, "absent") ? "invalid" : first instanceof AppError ? first.code : "permanent";
    throw new AppError(code, message, { cause: first, lines, reason: reason("config.invalid", { faults: failures.map(messageOf) }) });
  }
  return Object.fromEntries(names.map((name, index) => [name, (read[index] as PromiseFulfilledResult<string>).value]));
}

async function openSecrets(names: readonly string[], { context, env, region }: Reading) {
  const subject = names.map((name) => `\${kms:${name}}`).join(", ");
  const keys = context.credentials ?? keysOf(env);
  if (keys === undefined)
    throw unread(
      "denied",
      `${subject}: no keys for KMS; give the function a role, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET`,
    );
  if (region === undefined) throw unread("invalid", `${subject}: the region of KMS is not known; add state.region, such as cn-hangzhou`);
  const { host, protocol } = endpointOf("OSSNAP_KMS_ENDPOINT", env.OSSNAP_KMS_ENDPOINT) ?? {};
  const endMs = Date.now() + context.function.timeout * 1000 - MARGIN_MS;
  // Loaded where it is needed: most deployments have no secret in KMS, and the vendor's client takes a tenth of a second to load.
  const { kmsSecrets } = await import("../adapters/aliyun/kms.ts");
  return kmsSecrets({
    region,
    endpoint: host,
    protocol,
    ...keys,
    remainingMs: () => endMs - Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  });
}

function keysOf(env: Environment): FcContext["credentials"] {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } = env;
  return id && secret ? { accessKeyId: id, accessKeySecret: secret, ...(token ? { securityToken: token } : {}) } : undefined;
}

/** A terminal has no region of its own; it takes the one in which the functions run. */
function stateRegion(tree: unknown, env: Environment): string | undefined {
  const state = asPlace(at(resolveEnvironment(tree, env).tree, ["state"]));
  return state?.region ?? (state?.endpoint === undefined ? undefined : parseEndpoint(state.endpoint)?.region);
}

function unread(code: "denied" | "invalid", message: string): AppError {
  return new AppError(code, message, { reason: reason("config.invalid", { faults: [message] }) });
}
