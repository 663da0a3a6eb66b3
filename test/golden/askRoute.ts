import { httpDoor, OPERATOR, VIEWER } from "../runtime/http/door.ts";
import type { RouteCase, RouteCases } from "./routeCases.ts";

const ROLES: Record<string, string> = { [OPERATOR]: "operator", [VIEWER]: "viewer", "": "no token" };
/** Larger bodies are not recorded. */
const BODY_SHOWN = 2_000;

/** One route's golden file: every request with its answer. */
export async function routeText({ method, path, cases, without }: RouteCases): Promise<string> {
  const sections = [`# ${method} ${path}`];
  for (const one of cases) sections.push(await caseText(method, one));
  for (const [outcome, why] of Object.entries(without)) sections.push(`## ${outcome}: there is none: ${why}`);
  return `${sections.join("\n\n")}\n`;
}

async function caseText(method: string, { outcome, title, path, options = {}, before = [], ...one }: RouteCase): Promise<string> {
  const world = await one.world();
  const { ask, door } = httpDoor(world);
  door.world = (opening) => world.open(opening);
  for (const earlier of before) await ask(...earlier);
  const given = typeof options === "function" ? await options(world) : options;
  const { status, headers, body } = await ask(method, path, given);
  const answer = [`${status}`, ...headerLines(headers), "", JSON.stringify(body, null, 2)];
  return [`## ${outcome}: ${title}`, ...requestLines(method, path, given), "", ...answer].join("\n");
}

function requestLines(method: string, path: string, { token = OPERATOR, headers = {}, body, query = {} }: NonNullable<Options>): string[] {
  const asked = Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query)}`;
  const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const shown = text !== undefined && text.length > BODY_SHOWN ? `(${text.length} bytes)` : text;
  const replayed = [`> ${method} ${asked} (${ROLES[token] ?? "an unknown token"})`, ...headerLines(headers).map((line) => `> ${line}`)];
  return shown === undefined ? replayed : [...replayed, `> ${shown}`];
}

type Options = Exclude<RouteCase["options"], (...args: never[]) => unknown>;

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}
