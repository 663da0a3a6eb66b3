import { connect, type DetailedPeerCertificate } from "node:tls";
import { errors } from "@elastic/elasticsearch";

/** A chain is longer only when it is made up. */
const CHAIN_MAX = 10;

/**
 * The certificate with this SHA-256 fingerprint from the chain that a server shows, in PEM form. Nothing is sent on this connection. The
 * result is used as the only CA, so that later connections verify signatures and the host's name; a comparison of fingerprints alone would
 * accept a chain that only contains the certificate. `undefined` when none has it. Errors: those of a connection.
 */
export async function certificateOf(url: string, fingerprint: string, signal: AbortSignal): Promise<string | undefined> {
  const chain = await chainOf(url, signal);
  const wanted = plain(fingerprint);
  const found = chain.find(({ fingerprint256 }) => plain(fingerprint256) === wanted);
  if (found === undefined) return undefined;
  const lines = found.raw.toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function chainOf(url: string, signal: AbortSignal): Promise<DetailedPeerCertificate[]> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isName = !/^[\d.]+$|:/.test(host);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false, ...(isName ? { servername: host } : {}) });
    const end = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    const timedOut = () => end(new errors.TimeoutError("the time was up"));
    if (signal.aborted) timedOut();
    signal.addEventListener("abort", timedOut, { once: true });
    socket.once("error", (error) => end(new errors.ConnectionError(error.message)));
    socket.once("close", () => end(new errors.ConnectionError("socket hang up")));
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", timedOut);
      resolve(certificatesFrom(socket.getPeerCertificate(true)));
      socket.destroy();
    });
  });
}

function certificatesFrom(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  for (
    let one: DetailedPeerCertificate | undefined = leaf;
    one?.raw !== undefined && chain.length < CHAIN_MAX;
    one = one.issuerCertificate
  ) {
    // A root is its own issuer.
    if (chain.includes(one)) break;
    chain.push(one);
  }
  return chain;
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
