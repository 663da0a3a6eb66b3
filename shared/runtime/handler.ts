import { fileURLToPath } from "node:url";
import middy from "@middy/core";
import type * as z from "zod";
import type { World } from "../jobs/world.ts";
import { AppError, messageOf } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import type { OpenOptions } from "../state/identity.ts";
import { printConfigFault } from "./config/configError.ts";
import type { FcContext } from "./context.ts";
import { issueText } from "./issueText.ts";
import { jsonLogger } from "./logger.ts";
import { redactor, secretsKnown } from "./redact.ts";
import { openSettings } from "./secrets.ts";
import type { RuntimeSettings } from "./settings.ts";
import { openWorld } from "./wire.ts";

// Each line of the log is JSON; the AWS SDK would write a paragraph about newer versions of Node, which Function Compute does not have.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/** The invocation's settings and resources that a verb can use. */
export interface Door {
  settings: RuntimeSettings;
  context: FcContext;
  logger: Logger;
  /** Opens the state and everything behind it; throws when the state has no identity. */
  world(options?: OpenOptions): Promise<World>;
}

export type Handler = (event: Buffer, context: FcContext) => Promise<unknown>;

interface Request {
  event: unknown;
  context: FcContext;
  error?: unknown;
}

/** Read once per instance, with its secrets: the file beside the bundle does not change while the instance runs. */
let settingsOnce: RuntimeSettings | undefined;
const settings = async (context: FcContext) => {
  settingsOnce ??= await openSettings(fileURLToPath(new URL("./ossnap.json", import.meta.url)), context);
  return settingsOnce;
};

/**
 * The common pipeline of all functions: bytes → JSON → schema → verb. A fault is logged once with all details and rethrown with its
 * redacted message and its code only, so that Function Compute counts it and retries as configured in s.yaml.
 * @param answerFault the answer to a fault instead, where the platform would show its message to the caller.
 */
export function door<S extends z.ZodType>(
  functionName: string,
  schema: S,
  verb: (event: z.output<S>, door: Door) => Promise<unknown>,
  answerFault?: (error: unknown, context: FcContext) => unknown,
): Handler {
  const decode = {
    before: (request: Request) => {
      request.event = checked(schema, parsed(functionName, request.event), functionName);
    },
  };
  const report = {
    onError: (request: Request) => {
      const shown = reported(functionName, request.context, request.error);
      if (answerFault) return answerFault(request.error, request.context);
      throw shown;
    },
  };
  // middy's types are specific to AWS; this cast confines them.
  const pipeline = middy() as unknown as { use(middleware: object): typeof pipeline; handler(run: unknown): Handler };
  return pipeline
    .use(report)
    .use(decode)
    .handler(async (event: z.output<S>, context: FcContext) => verb(event, await openDoor(functionName, context)));
}

async function openDoor(functionName: string, context: FcContext): Promise<Door> {
  const startedMs = Date.now();
  const isFirst = settingsOnce === undefined;
  const known = await settings(context);
  const redact = redactor(secretsKnown(known.secrets, context));
  const logger = jsonLogger({ function: functionName, requestId: context.requestId }, redact);
  // Once per instance: they do not change while it runs.
  if (isFirst) for (const warning of known.warnings ?? []) logger.warn("configuration warning", { warning: printConfigFault(warning) });
  return {
    settings: known,
    context,
    logger,
    world: (options) => openWorld(known, { functionName, context, startedMs, logger, ...options }),
  };
}

function parsed(functionName: string, event: unknown): unknown {
  const text = Buffer.isBuffer(event) || event instanceof Uint8Array ? Buffer.from(event).toString("utf8") : String(event);
  try {
    return JSON.parse(text === "" ? "null" : text);
  } catch (cause) {
    throw new AppError("invalid", `${functionName}: the event is not JSON (${text.length} characters)`, { cause });
  }
}

/** Validates a value; the error lists all issues with their paths. */
export function checked<S extends z.ZodType>(schema: S, value: unknown, subject: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AppError("invalid", `${subject}: ${result.error.issues.map(issueText).join("; ")}`);
}

function reported(functionName: string, context: FcContext, error: unknown): Error {
  const redact = redactor(secretsKnown(settingsOnce?.secrets ?? [], context));
  const code = error instanceof AppError ? error.code : "permanent";
  const causes = chain(error).map(messageOf);
  jsonLogger({ function: functionName, requestId: context.requestId }, redact).error("invocation failed", {
    code,
    error: messageOf(error),
    causes,
  });
  const shown = new Error(redact(messageOf(error)));
  shown.name = "OssnapError";
  return Object.assign(shown, { code });
}

function chain(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (
    let cause = error instanceof Error ? error.cause : undefined;
    cause !== undefined && causes.length < 5;
    cause = cause instanceof Error ? cause.cause : undefined
  )
    causes.push(cause);
  return causes;
}
