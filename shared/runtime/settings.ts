import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../model/config.ts";
import { deployedName } from "../model/deployment/deployedName.ts";
import { AppError, fileFaultOf } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { withCertificates } from "./certificates.ts";
import { ConfigError, type ConfigWarning } from "./config/configError.ts";
import { kmsValuesIn } from "./config/environment.ts";
import { checkConfig } from "./config/loadConfig.ts";
import { type Planned, plannedConfig } from "./plannedConfig.ts";

/** The version of this code, for evidence and responses. */
export const VERSION = "0.1.0";

/** The process environment, which is read only here. */
export interface RuntimeSettings {
  config: Config;
  /** What works, but costs money or has surprising effects. */
  warnings?: ConfigWarning[];
  /** A stand-in's endpoint; undefined for Function Compute's own. */
  fcEndpoint: { host: string; protocol: "HTTP" | "HTTPS" } | undefined;
  /** A stand-in's endpoint; undefined for Alibaba Cloud's own. */
  instancesEndpoint?: RuntimeSettings["fcEndpoint"];
  copyFunction: string;
  continueFunction: string;
  /** Credentials of the shell or the function's role; those of the context take precedence. */
  credentials: { accessKeyId: string; secretAccessKey: string; securityToken: string | undefined } | undefined;
  /** Of the AWS SDK's standard variables; for domains of Amazon without keys of their own. */
  awsKeys?: { accessKeyId: string; secretAccessKey: string; sessionToken: string | undefined } | undefined;
  /** Values that must never be shown. */
  secrets: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the configuration beside the bundle (or the given file) and the environment; throws one error with all faults. */
export function readSettings(configPath: string, env: Environment = process.env): RuntimeSettings {
  const path = env.OSSNAP_CONFIG || configPath;
  const { config: checked, faults, warnings } = checkConfig(configTextOf(configPath, env), env);
  if (checked === undefined) throw new ConfigError(faults);
  const config = withCertificates(checked, dirname(path));
  const accessKeyId = env.ALIBABA_CLOUD_ACCESS_KEY_ID;
  const secretAccessKey = env.ALIBABA_CLOUD_ACCESS_KEY_SECRET;
  const credentials =
    accessKeyId && secretAccessKey
      ? { accessKeyId, secretAccessKey, securityToken: env.ALIBABA_CLOUD_SECURITY_TOKEN || undefined }
      : undefined;
  const awsKeys = awsKeysOf(env);
  return {
    config,
    warnings,
    fcEndpoint: endpointOf("OSSNAP_FC_ENDPOINT", env.OSSNAP_FC_ENDPOINT),
    instancesEndpoint: endpointOf("OSSNAP_INSTANCES_ENDPOINT", env.OSSNAP_INSTANCES_ENDPOINT),
    ...functionNames(env, config.deployment),
    credentials,
    awsKeys,
    secrets: [
      ...secretsOf(config),
      ...kmsValuesIn(env),
      ...[credentials?.secretAccessKey, credentials?.securityToken, awsKeys?.secretAccessKey, awsKeys?.sessionToken].filter(isPresent),
    ],
  };
}

export type PlannedSettings = Planned & Pick<RuntimeSettings, "copyFunction" | "continueFunction">;

/** Of a deployment that may not have its variables yet. Throws as {@link readSettings} does. */
export function plannedSettings(configPath: string, env: Environment): PlannedSettings {
  const planned = plannedConfig(configTextOf(configPath, env), env);
  return { ...planned, ...functionNames(env, planned.config.deployment) };
}

function functionNames(env: Environment, deployment: string | undefined): Pick<RuntimeSettings, "copyFunction" | "continueFunction"> {
  return {
    copyFunction: env.OSSNAP_COPY_FUNCTION ?? deployedName("ossnap-copy-blobs", deployment),
    continueFunction: env.OSSNAP_CONTINUE_FUNCTION ?? deployedName("ossnap-continue-job", deployment),
  };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html */
function awsKeysOf(env: Environment): RuntimeSettings["awsKeys"] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, sessionToken: token || undefined } : undefined;
}

function isPresent(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function unusable(message: string, cause?: unknown): AppError {
  return new AppError("invalid", message, {
    reason: reason("config.invalid", { faults: [message] }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The text of the configuration that {@link readSettings} reads. Errors: `invalid`, with the path. */
export function configTextOf(configPath: string, env: Environment): string {
  const path = env.OSSNAP_CONFIG || configPath;
  if (!existsSync(path)) throw unusable(`configuration ${path}: there is no such file; name one with --config or OSSNAP_CONFIG`);
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unusable(`configuration ${path}: ${fileFaultOf(cause)}; name the file with --config`, cause);
  }
}

/** A stand-in's address in a variable. Errors: `invalid`, with the variable. */
export function endpointOf(variable: string, text: string | undefined): RuntimeSettings["fcEndpoint"] {
  if (!text) return undefined;
  if (!URL.canParse(text)) throw unusable(`${variable}: "${text}" is not a URL; write http://127.0.0.1:9000, or unset it`);
  const url = new URL(text);
  return { host: url.host, protocol: url.protocol === "http:" ? "HTTP" : "HTTPS" };
}

/** Shorter values of a query are options rather than tokens. */
const TOKEN_CHARACTERS_MIN = 8;

/** A webhook's token is in its path, its query or its user part; the address as a whole is secret then. */
function webhookSecrets(text: string): string[] {
  const { pathname, searchParams, username, password, search } = new URL(text);
  const isBare = pathname.length <= 1 && search === "" && username === "";
  return isBare ? [] : [text, password, ...[...searchParams.values()].filter((value) => value.length >= TOKEN_CHARACTERS_MIN)];
}

/** A key stands in a header as `base64(id:key)`; of the plain form the part after the colon is the secret. */
function apiKeyForms(apiKey: string): string[] {
  const decoded = Buffer.from(apiKey, "base64").toString("utf8");
  const plain = apiKey.includes(":") ? apiKey : decoded;
  const isReadable = /^[\x21-\x7e]+:[\x21-\x7e]+$/.test(plain);
  return [apiKey, ...(isReadable ? [Buffer.from(plain).toString("base64"), plain.slice(plain.indexOf(":") + 1)] : [])];
}

/** Passwords, keys, webhook addresses: every value of the configuration that must not appear in a log. */
export function secretsOf(config: Config): string[] {
  const places = [
    config.state,
    ...Object.values(config.repositories).flatMap(({ blobs }) => blobs ?? []),
    ...Object.values(config.copies).map(({ to }) => to),
    ...Object.values(config.watches).map(({ blobs }) => blobs),
  ];
  const registered = [...Object.values(config.repositories), ...Object.values(config.watches)].flatMap(({ register }) =>
    Object.entries(register?.settings ?? {}).flatMap(([key, value]) =>
      /key|secret|token|password|service_account|credential/.test(key) ? [String(value)] : [],
    ),
  );
  return [
    ...places.flatMap(({ secretAccessKey, sessionToken }) => [secretAccessKey ?? [], sessionToken ?? []].flat()),
    ...Object.values(config.clusters).flatMap(({ password }) => password ?? []),
    ...Object.values(config.clusters).flatMap(({ aws }) => [aws?.secretAccessKey ?? [], aws?.sessionToken ?? []].flat()),
    ...Object.values(config.clusters).flatMap(({ apiKey }) => (apiKey === undefined ? [] : apiKeyForms(apiKey))),
    ...config.notify.flatMap(({ url, secret }) => [...webhookSecrets(url), secret ?? ""]),
    ...registered,
  ].filter((secret) => secret !== "");
}
