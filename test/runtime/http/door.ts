import { createHash } from "node:crypto";
import type { HttpToken } from "../../../shared/model/config.ts";
import type { Door } from "../../../shared/runtime/handler.ts";
import type { HttpAnswer } from "../../../shared/runtime/http/problem.ts";
import { answer } from "../../../shared/runtime/http/router.ts";
import { jsonLogger } from "../../../shared/runtime/logger.ts";
import { redactor } from "../../../shared/runtime/redact.ts";
import type { TestWorld } from "../../world/world.ts";

export const OPERATOR = "operator-token-1";
export const VIEWER = "viewer-token-1";
export const PLANTED = "planted-secret-1";

const token = (name: string, role: HttpToken["role"], text: string): HttpToken => ({
  name,
  role,
  sha256: createHash("sha256").update(text).digest("hex"),
});
export const TOKENS = [token("ops", "operator", OPERATOR), token("look", "viewer", VIEWER)];

export interface Ask {
  token?: string | undefined;
  headers?: Record<string, string>;
  /** A string is sent unchanged. */
  body?: unknown;
  query?: Record<string, string>;
  base64?: boolean;
}

export interface Asked {
  status: number;
  headers: Record<string, string>;
  // Its shape depends on the test.
  // biome-ignore lint/suspicious/noExplicitAny: an answer's body is read as it is
  body: any;
  raw: HttpAnswer;
}

/** The HTTP door over an in-memory world; `lines` holds what it logged. */
export function httpDoor(world: TestWorld) {
  const lines: string[] = [];
  let opened = 0;
  const settings = {
    config: { ...world.config, http: { tokens: TOKENS } },
    fcEndpoint: undefined,
    copyFunction: "copy",
    continueFunction: "continue",
    credentials: undefined,
    secrets: [PLANTED],
  };
  const logger = jsonLogger({ function: "http" }, redactor(settings.secrets), (line) => lines.push(line));
  const door: Door = {
    settings,
    context: { requestId: "request-42", function: { name: "http", timeout: 60 } },
    logger,
    async world() {
      opened += 1;
      return world.open();
    },
  };
  async function ask(
    method: string,
    path: string,
    { token: given = OPERATOR, headers = {}, body, query = {}, base64 = false }: Ask = {},
  ): Promise<Asked> {
    const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const json: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
    const raw = await answer(
      {
        headers: { ...(given === "" ? {} : { "X-Ossnap-Token": given }), ...json, ...headers },
        queryParameters: query,
        body: base64 ? Buffer.from(text).toString("base64") : text,
        isBase64Encoded: base64,
        requestContext: { http: { method, path } },
      },
      door,
    );
    return { status: raw.statusCode, headers: raw.headers, body: raw.body === "" ? undefined : JSON.parse(raw.body), raw };
  }
  return { ask, lines, door, worldsOpened: () => opened };
}
