import type { Api } from "../../infra/cli/at/api.ts";
import { openApi } from "../../infra/cli/at/client.ts";
import { singleLine } from "../../infra/cli/screen/colour.ts";
import { screenText } from "../../infra/cli/screen/layout.ts";
import type { Look } from "../../infra/cli/screen/look.ts";
import { PAUSED_NOTE } from "../../infra/cli/screen/terminal.ts";
import type { GlobalOptions, Session } from "../../infra/cli/session.ts";
import type { RuntimeSettings } from "../../shared/runtime/settings.ts";
import { httpDoor, OPERATOR } from "../runtime/http/door.ts";
import type { TestWorld } from "../world/world.ts";

/** The environment of a command: a deployment in memory, or the settings of one that does not exist yet. */
export interface Stage {
  world: TestWorld;
  /** Used by verbs that open no state; defaults to the world's configuration. */
  settings?: () => RuntimeSettings;
  /** The answer to a question; omitted: not interactive. */
  answers?: boolean;
  /** Parts of the output that differ from run to run, with their placeholders. */
  masks?: readonly (readonly [text: string, mask: string])[];
}

/** The two outputs of a command. */
export interface Outputs {
  stdout: string;
  stderr: string;
}

let current: { stage: Stage; outputs: Outputs; isAt: boolean } | undefined;

/** Sets the stage and the outputs of the following commands; with `isAt` they ask the HTTP function over the same deployment. */
export function enter(stage: Stage, outputs: Outputs, isAt = false): void {
  current = { stage, outputs, isAt };
}

/** A non-interactive session on the stage; otherwise like `openSession`. */
export function openMemorySession(options: GlobalOptions, _shell: unknown, program: string): Session {
  if (!current) throw new Error("no stage was entered");
  const { stage, outputs, isAt } = current;
  const { world } = stage;
  const terminal = terminalOf(options, stage, outputs, program);
  return {
    options: isAt ? { ...options, at: "fc" } : options,
    api: isAt ? apiOver(world, terminal) : undefined,
    terminal,
    asked: { by: "person", who: "li (terminal)" },
    environment: () => ({}),
    settings: async () => (stage.settings ?? (() => settingsOf(world)))(),
    planned: () => ({ ...settingsOf(world), unset: new Map(), secrets: [] }),
    context: () => ({ requestId: "cli-1", function: { name: "cli", timeout: 600 } }),
    async world(opening, notes = { paused: true }) {
      const opened = await world.open(opening);
      if (opened.paused && notes.paused) this.terminal.note(PAUSED_NOTE);
      return opened;
    },
    turn: () => world.open(),
    blobs: async (place) => world.blobs(place),
  };
}

/** The HTTP function on this deployment, without the platform in between: what goes over the wire is what its event has. */
function apiOver(world: TestWorld, terminal: Session["terminal"]): Api {
  const { ask, door } = httpDoor(world);
  door.world = (opening) => world.open(opening);
  const keys = { accessKeyId: "LTAItest", accessKeySecret: "secret" };
  const options = { url: new URL("https://http.cn-hangzhou.fcapp.run"), keys, token: OPERATOR, terminal };
  return openApi(options, async ({ method, url, headers, body }) => {
    const query = Object.fromEntries(url.searchParams);
    const { raw } = await ask(method, decodeURIComponent(url.pathname), { headers, query, ...(body === undefined ? {} : { body }) });
    return { status: raw.statusCode, headers: new Headers(raw.headers), text: raw.body };
  });
}

function terminalOf(
  { json, quiet }: GlobalOptions,
  { world, answers, masks = [] }: Stage,
  outputs: Outputs,
  program: string,
): Session["terminal"] {
  const mask = (text: string) => masks.reduce((masked, [varying, shown]) => masked.replaceAll(varying, shown), text);
  // Masked before it is laid out: the length of a temporary directory must not decide where a line ends.
  const look = (): Look => ({ colour: false, unicode: true, now: world.now(), program, redact: mask });
  const toStderr = (...lines: readonly string[]) => {
    outputs.stderr += `${screenText(lines.map(singleLine).join("\n"), look())}\n`;
  };
  const unlessQuiet = (text: string) => (quiet ? undefined : toStderr(text));
  return {
    json: json === true,
    look,
    hide: () => undefined,
    answer: async (text) => {
      outputs.stdout += `${text}\n`;
    },
    note: unlessQuiet,
    fault: (lines) => toStderr(...lines),
    progress: unlessQuiet,
    canAsk: () => answers !== undefined,
    async ask(question) {
      toStderr(`${question} [y/N] ${answers ? "y" : "n"}`);
      return answers === true;
    },
  };
}

function settingsOf({ config }: TestWorld): RuntimeSettings {
  const functions = { copyFunction: "copy-blobs", continueFunction: "continue-job" };
  return { config, fcEndpoint: undefined, credentials: undefined, secrets: [], ...functions };
}
