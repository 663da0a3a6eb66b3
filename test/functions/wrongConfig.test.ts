import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EXAMPLE_ENVIRONMENT, EXAMPLE_TEXT } from "../runtime/config/example.ts";

const CONTEXT = { requestId: "request-7", function: { name: "http", timeout: 60 } };
const EVENT = Buffer.from(JSON.stringify({ requestContext: { http: { method: "GET", path: "/jobs" } } }));

let directory = "";
let lines: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "wrong-config-"));
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

async function ask(text: string | undefined, event = EVENT) {
  const path = join(directory, "ossnap.yaml");
  if (text !== undefined) writeFileSync(path, text);
  for (const [name, value] of Object.entries({ ...EXAMPLE_ENVIRONMENT, OSSNAP_CONFIG: path })) vi.stubEnv(name, value);
  const { handler } = await import("../../functions/http.ts");
  const answer = (await handler(event, CONTEXT)) as { statusCode: number; body: string };
  return { status: answer.statusCode, text: answer.body, body: JSON.parse(answer.body) as Record<string, unknown> };
}

describe("a caller of the HTTP function while ossnap.yaml is wrong", () => {
  it.each([
    ["has faults", EXAMPLE_TEXT.replace("cron:", "corn-of-the-inner-ring:")],
    ["is no YAML", "inner-ring: [\n"],
    ["is missing", undefined],
  ])("gets the code and the request's id alone when it %s; the log has the text", async (_, text) => {
    const { status, body, text: shown } = await ask(text);
    expect(status).toBe(500);
    expect(body).toEqual({
      type: "urn:ossnap:problem:misconfigured",
      title: "ossnap is not configured correctly",
      status: 500,
      detail: "request request-7 failed; the log says why",
      instance: "",
      code: "misconfigured",
      requestId: "request-7",
    });
    expect(shown).not.toMatch(/inner-ring|ossnap\.yaml|wrong-config/);
    expect(lines.join("\n")).toMatch(/inner-ring|no such file|not readable as YAML/);
  });

  it("gets no text of an event that the function cannot read either", async () => {
    const { status, body } = await ask(EXAMPLE_TEXT, Buffer.from("{"));
    expect([status, body.code, body.detail]).toEqual([500, "internal", "request request-7 failed; the log says why"]);
  });
});
