import type { GlobalOptions, Session } from "../../infra/cli/session.ts";
import type { RuntimeSettings } from "../../shared/runtime/settings.ts";
import { spelled } from "../../shared/words/command.ts";
import type { TestWorld } from "../world/world.ts";

/** What a command line runs in: a deployment in memory, or the settings of one that is not there yet. */
export interface Stage {
  world: TestWorld;
  /** Read by verbs that open no state; those of the world's configuration when left out. */
  settings?: () => RuntimeSettings;
  /** What a person at the terminal answers to a question; no one is there when left out. */
  answers?: boolean;
  /** Parts of the output that differ from run to run, and what stands for them. */
  masks?: readonly (readonly [text: string, mask: string])[];
}

/** What a command wrote to its two outputs. */
export interface Outputs {
  stdout: string;
  stderr: string;
}

let current: { stage: Stage; outputs: Outputs } | undefined;

/** The commands that run from now on see this stage, and write to these outputs. */
export function enter(stage: Stage, outputs: Outputs): void {
  current = { stage, outputs };
}

/** A session over the stage, with a terminal without a person; otherwise as `openSession`. */
export function openMemorySession(options: GlobalOptions, _shell: unknown, program: string): Session {
  if (!current) throw new Error("no stage was entered");
  const { stage, outputs } = current;
  const { world } = stage;
  return {
    options,
    terminal: terminalOf(options, stage, outputs, program),
    asked: { by: "person", who: "li (terminal)" },
    environment: () => ({}),
    settings: stage.settings ?? (() => settingsOf(world)),
    context: () => ({ requestId: "cli-1", function: { name: "cli", timeout: 600 } }),
    async world(opening) {
      const opened = await world.open(opening);
      if (opened.paused) outputs.stderr += "ossnap is paused: what is asked for now begins after: `ossnap resume`\n";
      return opened;
    },
    blobs: async (place) => world.blobs(place),
  };
}

function terminalOf({ json, quiet }: GlobalOptions, { world, answers }: Stage, outputs: Outputs, program: string): Session["terminal"] {
  const toStderr = (text: string) => {
    outputs.stderr += `${spelled(text, program)}\n`;
  };
  const unlessQuiet = (text: string) => (quiet ? undefined : toStderr(text));
  return {
    json: json === true,
    look: () => ({ colour: false, unicode: true, now: world.now(), program }),
    hide: () => undefined,
    answer: async (text) => {
      outputs.stdout += `${text}\n`;
    },
    note: unlessQuiet,
    fault: toStderr,
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
