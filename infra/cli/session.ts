import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import type { Asked } from "../../shared/jobs/record.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import type { Logger } from "../../shared/model/logger.ts";
import { ConfigError, configFaults } from "../../shared/runtime/config/configError.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import { openTexts } from "../../shared/runtime/redact.ts";
import { openSettings } from "../../shared/runtime/secrets.ts";
import { type PlannedSettings, plannedSettings, type RuntimeSettings } from "../../shared/runtime/settings.ts";
import type { OpenOptions } from "../../shared/state/identity.ts";
import { counted } from "../../shared/words/numbers.ts";
import type { Api } from "./at/api.ts";
import { type AtOptions, openAt } from "./at/openAt.ts";
import { type Environment, readEnvironment, secretsIn } from "./environment.ts";
import { openTerminal, PAUSED_NOTE, type Terminal } from "./screen/terminal.ts";

const CONFIG_DEFAULT = "ossnap.yaml";
/** The time budget of one command for verbs that check theirs, as in a function. */
const INVOCATION_SECONDS = 600;

export interface GlobalOptions extends AtOptions {
  json?: boolean;
  quiet?: boolean;
  color: boolean;
}

export interface WorldNotes {
  /** Whether a pause is reported; a verb that ends or begins one reports it itself. */
  paused: boolean;
}

/** One command: its global options, and the resources behind it, opened on first use. */
export interface Session {
  options: GlobalOptions;
  terminal: Terminal;
  asked: Asked;
  /** The HTTP function that `--at` names; without it the verbs work here. */
  readonly api: Api | undefined;
  environment(): Environment;
  /** From ossnap.yaml, the environment and KMS; throws one error with all faults. */
  settings(): Promise<RuntimeSettings>;
  /** From ossnap.yaml alone, as far as variables are not set. */
  planned(): PlannedSettings;
  context(region?: string): FcContext;
  /** Opens the state and everything behind it; throws when the state has no identity. */
  world(options?: OpenOptions, notes?: WorldNotes): Promise<World>;
  /** Opens the same as a function does, with a function's time limit and claims: nobody waits for it. */
  turn(timeoutSeconds: number): Promise<World>;
  /** Blobs of a place in ossnap.yaml, without opening the state. */
  blobs(place: Place): Promise<BlobStore>;
}

/** @param program what starts ossnap, for the commands that are printed. */
export function openSession(options: GlobalOptions, shell: Environment, program: string): Session {
  const startedMs = Date.now();
  const terminal = openTerminal({
    json: options.json === true,
    quiet: options.quiet === true,
    colour: options.color,
    environment: shell,
    program,
  });
  terminal.hide(secretsIn(shell));
  let isLocal = false;
  const environment = once(() => {
    const read = readEnvironment(shell, options.envFile);
    isLocal = read.localFile !== undefined;
    if (isLocal) terminal.note(`using the local host's environment (${read.localFile})`);
    terminal.hide(secretsIn(read.environment));
    return read.environment;
  });
  const settings = once(async () => {
    const env = environment();
    if (isLocal && options.config === undefined && env.OSSNAP_CONFIG) terminal.note(`using its configuration (${env.OSSNAP_CONFIG})`);
    // A file named on the command line takes precedence over the variable.
    const found = await readWithHint(
      options.config ?? CONFIG_DEFAULT,
      options.config === undefined ? env : { ...env, OSSNAP_CONFIG: undefined },
    );
    terminal.hide(found.secrets, openTexts(found.config));
    const count = found.warnings?.length ?? 0;
    if (count > 0) terminal.note(`the configuration has ${counted(count, "warning", "warnings")}: \`ossnap repositories\``);
    return found;
  });
  const context = (region?: string) => terminalContext(environment(), region);
  // Loaded lazily, because the vendors' libraries take most of the start-up time and a mistyped command does not need them.
  const wire = () => import("../../shared/runtime/wire.ts");

  return {
    options,
    terminal,
    asked: { by: "person", who: `${userName()} (terminal)` },
    api: options.at === undefined ? undefined : openAt(options, shell, terminal),
    environment,
    settings,
    planned: () => plannedSettings(options.config ?? CONFIG_DEFAULT, environment()),
    context,
    async world(opening, notes = { paused: true }) {
      const known = await settings();
      const { openWorld } = await wire();
      const world = await openWorld(known, {
        functionName: "cli",
        context: context(known.config.state.region),
        startedMs,
        logger: terminalLogger(terminal),
        isTerminal: true,
        ...opening,
      });
      if (world.paused && notes.paused) terminal.note(PAUSED_NOTE);
      return world;
    },
    async turn(timeoutSeconds) {
      const known = await settings();
      const { openWorld } = await wire();
      const shown = context(known.config.state.region);
      return openWorld(known, {
        functionName: "tick",
        context: { ...shown, function: { ...shown.function, timeout: timeoutSeconds } },
        startedMs: Date.now(),
        logger: terminalLogger(terminal),
      });
    },
    async blobs(place) {
      const known = await settings();
      return (await wire()).connect(known, context(known.config.state.region)).blobs(place);
    },
  };
}

/** Variables that are not set all have one remedy, which no single line of them names. */
async function readWithHint(path: string, env: Environment): Promise<RuntimeSettings> {
  try {
    return await openSettings(path, terminalContext(env, undefined), env);
  } catch (error) {
    const faults = configFaults(error);
    const unset = new Set(faults.flatMap(({ reason: { code, params } }) => (code === "config.environment" ? [params.name] : [])));
    if (unset.size < 2) throw error;
    const hint = `${unset.size} variables are not set: name a file of NAME=value with --env-file; for the example configuration run \`npm start\` first`;
    throw new ConfigError(faults, hint);
  }
}

/** Presents a terminal as a function's invocation context. */
export function terminalContext(environment: Environment, region: string | undefined): FcContext {
  const accountId = environment.FC_ACCOUNT_ID || environment.OSSNAP_ACCOUNT_ID;
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, ALIBABA_CLOUD_SECURITY_TOKEN: token } = environment;
  return {
    requestId: `cli-${randomUUID()}`,
    function: { name: "cli", timeout: INVOCATION_SECONDS },
    ...(region ? { region } : {}),
    ...(accountId ? { accountId } : {}),
    ...(id && secret ? { credentials: { accessKeyId: id, accessKeySecret: secret, ...(token ? { securityToken: token } : {}) } } : {}),
  };
}

/** Log lines about single requests: what comes of a failed one is retried, or is the verb's own error. */
const SAID_ANYWAY = ["request failed", "request was slow"];

/** Shows warnings and errors to the user, but not every step, and nothing twice. */
export function terminalLogger(terminal: Pick<Terminal, "note">): Logger {
  // A notice's sentence says all; its word alone says nothing.
  const report = (message: string, { error, job, text }: Record<string, unknown> = {}) =>
    SAID_ANYWAY.includes(message) ||
    terminal.note([text ?? message, ...[job, error].flatMap((part) => (part === undefined ? [] : [String(part)]))].join(": "));
  return { info: () => undefined, warn: report, error: report };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid may have no entry in the password file.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
