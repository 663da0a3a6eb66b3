import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { fakeServer } from "./fakeServer.ts";

const file = (name: string) => readFileSync(fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url)), "utf8");
const fingerprintOf = (name: string) => new X509Certificate(file(`${name}.pem`)).fingerprint256;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A server with TLS that answers every listing with nothing; `seen` has the credentials of the requests that reached it. */
async function secureServer(name: "server" | "elsewhere" | "forged", chain = file(`${name}.pem`) + file("ca.pem")) {
  const seen: (string | undefined)[] = [];
  const server = createServer({ key: file(`${name}.key`), cert: chain }, (request, answer) => {
    seen.push(request.headers.authorization);
    answer.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const KEY = "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw";
const HEADER = `ApiKey ${Buffer.from(KEY).toString("base64")}`;
const open = (url: string, options: { ca?: string; fingerprint?: string; apiKey?: string }) =>
  elasticsearchCluster({ name: "target", url, apiKey: KEY, ...options });

describe("a cluster behind a private CA", () => {
  it("is not trusted without its certificate, and the message names the setting", async () => {
    const { url, seen } = await secureServer("server");
    await expect(open(url, {}).listRepositories()).rejects.toMatchObject({
      code: "permanent",
      message: `cluster target at ${url}: its certificate is not signed by a CA that is known here; for a private CA set clusters.target.ca or fingerprint`,
    });
    expect(seen).toEqual([]);
  });

  it.each([
    ["the CA's certificate", { ca: file("ca.pem") }],
    ["several certificates", { ca: file("other.pem") + file("ca.pem") }],
    ["its fingerprint", { fingerprint: fingerprintOf("ca") }],
    ["its fingerprint without colons", { fingerprint: fingerprintOf("ca").replaceAll(":", "").toLowerCase() }],
  ])("is reached with %s", async (_, trust) => {
    const { url, seen } = await secureServer("server");
    const cluster = open(url, trust);
    expect(await cluster.listRepositories()).toEqual([]);
    expect(await cluster.listRepositories()).toEqual([]);
    expect(seen).toEqual([HEADER, HEADER]);
  });

  it.each([
    ["another CA", "server", { ca: file("other.pem") }, "; clusters.target.ca is the certificate of another CA: correct it"],
    [
      "the fingerprint of another CA",
      "server",
      { fingerprint: fingerprintOf("other") },
      "no certificate that it shows has the fingerprint",
    ],
    ["a certificate for another host", "elsewhere", { ca: file("ca.pem") }, "its certificate is for another host name"],
    ["a chain that shows the CA and is not signed by it", "forged", { fingerprint: fingerprintOf("ca") }, "certificate"],
  ] as const)("is refused for %s, before any credential is sent", async (_, name, trust, message) => {
    const { url, seen } = await secureServer(name);
    await expect(open(url, trust).listRepositories()).rejects.toMatchObject({
      code: "permanent",
      message: expect.stringContaining(message),
    });
    expect(seen).toEqual([]);
  });

  it("is looked up again after a lookup of the fingerprint failed", async () => {
    const { url } = await secureServer("server");
    const gone = open("https://127.0.0.1:1", { fingerprint: fingerprintOf("ca") });
    await expect(gone.listRepositories()).rejects.toMatchObject({
      code: "transient",
      message: expect.stringContaining("connection refused"),
    });
    expect(await open(url, { fingerprint: fingerprintOf("ca") }).listRepositories()).toEqual([]);
  });

  it("speaks no TLS: the message says so in our words", async () => {
    const server = await fakeServer(() => ({ body: {} }));
    ends.push(() => server.close());
    const url = server.url.replace("http:", "https:");
    const message = `cluster target at ${url}: no TLS is spoken there: write http://, or another port`;
    await expect(open(url, {}).listRepositories()).rejects.toMatchObject({ code: "permanent", message });
    await expect(open(url, { fingerprint: fingerprintOf("ca") }).listRepositories()).rejects.toMatchObject({ message });
  });
});

describe("an API key", () => {
  it.each([
    ["as Elasticsearch encodes it", Buffer.from(KEY).toString("base64")],
    ["as id and key", KEY],
  ])("is sent %s", async (_, apiKey) => {
    const server = await fakeServer(() => ({ body: {} }));
    ends.push(() => server.close());
    await elasticsearchCluster({ name: "target", url: server.url, apiKey }).listRepositories();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([HEADER]);
  });

  it("that is refused is named, and never shown, however the server repeats it", async () => {
    const [, secret = ""] = KEY.split(":");
    const reason = `unable to authenticate ${HEADER} of ${KEY}, ${secret}`;
    const server = await fakeServer(() => ({ status: 401, body: { error: { type: "security_exception", reason } } }));
    ends.push(() => server.close());
    const error: unknown = await elasticsearchCluster({ name: "target", url: server.url, apiKey: KEY })
      .listRepositories()
      .catch((found: unknown) => found);
    expect(error).toMatchObject({ code: "denied", message: expect.stringContaining("the API key is refused (HTTP 401") });
    const all = `${String(error)} ${String((error as Error).cause)}`;
    for (const form of [secret, Buffer.from(KEY).toString("base64")]) expect(all).not.toContain(form);
  });
});
