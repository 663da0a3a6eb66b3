import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ended, flat, inDirectory, runHere } from "../runCli.ts";

const KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAItest", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "planted-secret" };
const ALL = { ...KEYS, OSSNAP_TOKEN: "planted-token", OSSNAP_HTTP_URL: "https://ossnap-http-abc.cn-hangzhou.fcapp.run" };

async function run(words: string[], env: Record<string, string> = {}): Promise<Ended & { said: string }> {
  return inDirectory(async (cwd) => {
    const ended = await runHere(words, { cwd, env });
    return { ...ended, said: flat(ended.stderr) };
  });
}

/** One clear sentence, and nothing was asked. */
const FAULTS: [string, string[], Record<string, string>, string][] = [
  ["no token", [], { ...ALL, OSSNAP_TOKEN: "" }, "--at: OSSNAP_TOKEN is not set; set it to a token of http.tokens in ossnap.yaml"],
  ["no key", [], { ...ALL, ALIBABA_CLOUD_ACCESS_KEY_ID: "" }, "--at: ALIBABA_CLOUD_ACCESS_KEY_ID is not set"],
  ["no secret", [], { ...ALL, ALIBABA_CLOUD_ACCESS_KEY_SECRET: "" }, "--at: ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set"],
  ["no address", [], { ...ALL, OSSNAP_HTTP_URL: "" }, "--at fc: the address of the HTTP function is not known; name it with --url"],
  ["an address in clear", ["--url", "http://fcapp.run"], ALL, "--url: http://fcapp.run would send the token in clear; write https://"],
  ["no address at all", ["--url", "fcapp"], ALL, "--url: is not the address of an HTTP function; write it as https://"],
  ["an address with a password", ["--url", "https://a:planted-secret@x.run"], ALL, "--url: is not the address of an HTTP function"],
  ["a configuration", ["--config", "ossnap.yaml"], ALL, "--config: the functions have their own configuration"],
];

describe("ossnap --at", () => {
  it.each(FAULTS)("refuses %s in one sentence", async (_what, words, env, said) => {
    const ended = await run(["--at", "fc", ...words, "status"], env);
    expect(ended.said).toContain(`✗ ${said}`);
    expect([ended.exitCode, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).not.toContain("planted");
  });

  it("refuses an address without --at fc, another place, and local without a local host", async () => {
    expect((await run(["--url", "https://x.run", "status"])).said).toContain(
      "✗ --url: is the address of the deployed HTTP function; add --at fc",
    );
    expect((await run(["--at", "moon", "status"])).said).toContain("Allowed choices are fc, local");
    expect((await run(["--at", "local", "status"])).said).toMatch(
      /✗ --at local: no local host is running \(there is no \S+\); start it with `npm start`/,
    );
  });

  it("says that nothing answers at the address", async () => {
    const ended = await run(["--at", "fc", "--url", "http://127.0.0.1:9", "status"], ALL);
    expect(ended.said).toMatch(/✗ http:\/\/127\.0\.0\.1:9: the HTTP function did not answer: .*; is its address right/);
    expect(ended.exitCode).toBe(1);
  });

  it("says of an answer that was cut off that the work may have begun, and not that of a request that nobody received", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(202, { "content-type": "application/json", "content-length": "100" }).write('{"id":');
      setTimeout(() => response.destroy(), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const cut = await run(["--at", "fc", "--url", `http://127.0.0.1:${port}`, "backup", "nightly"], ALL);
      expect(cut.said).toMatch(
        /the answer of the HTTP function was cut off: .*what was asked for may have been done: look at `ossnap [^`]*jobs` before/,
      );
    } finally {
      server.close();
    }
    const never = await run(["--at", "fc", "--url", `http://127.0.0.1:${port}`, "backup", "nightly"], ALL);
    expect(never.said).toContain("the HTTP function did not answer");
    expect(never.said).not.toContain("may have been done");
  });

  it("takes nothing from a local host that runs beside --at fc", async () => {
    await inDirectory(async (cwd) => {
      await mkdir(join(cwd, "local"));
      const lines = Object.entries(ALL).map(([name, value]) => `${name}=${value}\n`);
      await writeFile(join(cwd, "local", "current.env"), lines.join(""));
      const ended = await runHere(["--at", "fc", "status"], { cwd, env: { OSSNAP_LOCAL_DIR: join(cwd, "local") } });
      expect(flat(ended.stderr)).toContain("✗ --at: OSSNAP_TOKEN is not set");
    });
  });
});
