import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { webhookNotifier } from "../../../shared/adapters/webhook/notifier.ts";
import type { Notice } from "../../../shared/model/notice.ts";
import { reason } from "../../../shared/model/reason.ts";

const at = new Date("2026-11-28T01:00:00Z");
const NOTICE: Notice = {
  key: "backup-late:nightly",
  code: "backup.late",
  status: "firing",
  severity: "bad",
  since: at,
  at,
  reason: reason("backup.late", { policy: "nightly", slot: "20261128t010000z", minutes: 12 }),
  text: "nightly is late",
};

const servers: Server[] = [];

/** A receiver; returns its address and the bodies that arrived. */
async function receiver(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: { headers: IncomingMessage["headers"]; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=abcdefgh12`, seen };
}

const send = (url: string) => webhookNotifier({ url, secret: "hmac-secret", source: "ossnap/test" }).send(NOTICE, NOTICE.at);

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe("a webhook", () => {
  it("gets the notice once, signed", async () => {
    const { url, seen } = await receiver((_request, response) => response.writeHead(204).end());
    await send(url);
    const [{ headers, body }] = seen as [(typeof seen)[number]];
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-ossnap-signature"])) ?? [];
    expect(v1).toBe(createHmac("sha256", "hmac-secret").update(`${t}.${body}`).digest("hex"));
    expect(JSON.parse(body)).toMatchObject({ type: "ossnap.backup.late", data: { status: "firing", text: { en: "nightly is late" } } });
    expect(seen).toHaveLength(1);
  });

  it("gets names from outside with their controls and marks spelled out", async () => {
    const { url, seen } = await receiver((_request, response) => response.writeHead(204).end());
    const name = "snap\u001b[2K\u202egnp\u200b";
    const why = reason("backup.late", { policy: name, names: [name], minutes: 12, none: null });
    await webhookNotifier({ url, source: "ossnap/test" }).send({ ...NOTICE, reason: why, text: `${name} is late\n${name}` }, NOTICE.at);
    const shown = "snap\\u001b[2K\\u202egnp\\u200b";
    expect(JSON.parse(seen[0]?.body ?? "").data).toMatchObject({
      params: { policy: shown, names: [shown], minutes: 12, none: null },
      text: { en: `${shown} is late\n${shown}` },
    });
  });

  it("gets no more than the beginning of a text of megabytes, and its length", async () => {
    const { url, seen } = await receiver((_request, response) => response.writeHead(204).end());
    const long = "n".repeat(5_000_000);
    const stored = { ...NOTICE, reason: { code: "watch.older", params: { snapshots: [long], watch: long } }, text: long };
    await webhookNotifier({ url, source: "ossnap/test" }).send(stored, NOTICE.at);
    const { data } = JSON.parse(seen[0]?.body ?? "");
    expect(seen[0]?.body.length).toBeLessThan(20_000);
    for (const text of [data.text.en, data.params.watch, data.params.snapshots[0]]) expect(text).toMatch(/^n+… \(5000000 characters\)$/);
  });

  it.each([301, 302, 307, 308])("that answers %d is not followed, so that body and signature reach nobody else", async (status) => {
    const other = await receiver((_request, response) => response.writeHead(204).end());
    const { url } = await receiver((_request, response) => response.writeHead(status, { location: other.url }).end());
    await expect(send(url)).rejects.toMatchObject({ code: "permanent", message: expect.stringContaining(`answered ${status}`) });
    expect(other.seen).toEqual([]);
  });

  it("that answers without end is not read, and its address appears in no message", async () => {
    const { url } = await receiver((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x".repeat(65_536)), 1);
      response.on("close", () => clearInterval(timer));
    });
    await send(url);
    const down = await receiver((_request, response) => response.destroy());
    const error = await send(down.url).catch((thrown: Error) => thrown.message);
    expect(error).toMatch(/^webhook 127\.0\.0\.1:\d+ \([0-9a-f]{6}\): connection cut$/);
    expect(error).not.toContain("abcdefgh12");
  });

  it.each(["快照-1", "ü", "हिन्दी", "a\ud800b", "two words"])("receives a notice about %s, with an id of visible ASCII", async (name) => {
    const ids: string[] = [];
    const { url } = await receiver((request, response) => {
      ids.push(String(request.headers["idempotency-key"]));
      response.writeHead(204).end();
    });
    await webhookNotifier({ url, source: "ossnap/test" }).send({ ...NOTICE, key: `verify-failed:moved/${name}/footers` }, at);
    expect(ids).toEqual([expect.stringMatching(/^verify-failed:moved\/[!-~]+\/footers:[!-~]+$/)]);
  });

  it("receives the key as the terminal shows names", async () => {
    const { url, seen } = await receiver((_request, response) => response.writeHead(204).end());
    await webhookNotifier({ url, source: "ossnap/test" }).send({ ...NOTICE, key: "verify-failed:moved/a\u202eb\u001b[2J✓" }, at);
    expect(JSON.parse(seen[0]?.body ?? "").data.key).toBe("verify-failed:moved/a\\u202eb\\u001b[2J\\u2713");
  });

  it("that is not there, or speaks no TLS, is told from one that does not answer", async () => {
    await expect(send("http://127.0.0.1:1/?token=abcdefgh12")).rejects.toThrow(
      /^webhook 127\.0\.0\.1:1 \([0-9a-f]{6}\): (connection refused|the request failed)$/,
    );
    const { url } = await receiver((_request, response) => response.writeHead(204).end());
    await expect(send(url.replace("http:", "https:"))).rejects.toThrow("no TLS is spoken there");
  });
});
