import { basename, dirname } from "node:path";

const PURE_ROOMS = ["model", "repository", "format", "proof", "plan", "words"];
/** Each room of `shared` with the rooms that it may import, in the order of the layers. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  words: ["model"],
  repository: ["model"],
  format: ["model"],
  state: ["model"],
  adapters: ["model"],
  proof: ["format", "repository", "model"],
  plan: ["proof", "format", "repository", "model"],
  reader: ["plan", "proof", "state", "format", "repository", "model"],
  jobs: ["plan", "proof", "state", "format", "repository", "model"],
  notices: ["jobs", "state", "words", "model"],
  verbs: ["notices", "reader", "jobs", "plan", "proof", "state", "format", "repository", "model"],
  tick: ["verbs", "notices", "reader", "jobs", "plan", "proof", "state", "format", "repository", "model"],
  runtime: ["tick", "verbs", "notices", "reader", "jobs", "plan", "proof", "state", "format", "repository", "model", "words"],
};
/** The only files that know adapters. */
const COMPOSERS = ["shared/runtime/wire.ts", "shared/runtime/stores.ts", "shared/runtime/secrets.ts"];
/** What a pure step may know of the engine: shapes. */
const ENGINE_SHAPES = ["shared/jobs/kind.ts", "shared/jobs/record.ts"];

/** Whether the file decides only: everything in the pure rooms, and `step*.ts` and `plan*.ts` of every verb. The context of the log is no decision. */
export function isPure(file: string): boolean {
  const room = /^shared\/(\w+)\//.exec(file)?.[1] ?? "";
  return (PURE_ROOMS.includes(room) && file !== "shared/model/logFields.ts") || isStep(file);
}

function isStep(file: string): boolean {
  return /^shared\/verbs\/\w+\/(step|plan)([A-Z]\w*)?\.ts$/.test(file);
}

/** Why a file must not import another one, both as paths from the root of the repository; `undefined` when it may. */
export function breach(file: string, imported: string): string | undefined {
  const [room, other] = [file, imported].map((path) => /^shared\/(\w+)\//.exec(path)?.[1]);
  if (room === undefined) return outsideBreach(file, other);
  if (other === undefined) return "shared imports nothing from outside of it";
  if (other === "adapters" && COMPOSERS.includes(file)) return undefined;
  if (room !== other && !ROOMS[room]?.includes(other)) return `${room} must not import ${other}`;
  return stepBreach(file, imported) ?? verbBreach(file, imported);
}

function outsideBreach(file: string, other: string | undefined): string | undefined {
  if (file.startsWith("functions/") && other !== "runtime" && other !== "tick")
    return "a handler picks the event's schema and the tick's entry";
  return file.startsWith("infra/cli/") && other === "adapters" ? "only wire.ts, stores.ts and secrets.ts know adapters" : undefined;
}

function stepBreach(file: string, imported: string): string | undefined {
  if (!isStep(file)) return undefined;
  const isOwn = dirname(imported) === dirname(file) && (isStep(imported) || basename(imported) === "types.ts");
  return isOwn || isPure(imported) || ENGINE_SHAPES.includes(imported) ? undefined : "a step decides on what is handed in";
}

function verbBreach(file: string, imported: string): string | undefined {
  const [own, other] = [file, imported].map((path) => /^shared\/verbs\/(\w+)\//.exec(path)?.[1]);
  if (own === undefined || other === undefined || own === other) return undefined;
  return /^shared\/verbs\/\w+\/(ask|gather)([A-Z]\w*)?\.ts$/.test(imported) ? undefined : "of another verb only ask and gather";
}
