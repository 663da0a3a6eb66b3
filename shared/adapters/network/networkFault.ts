export interface NetworkFault {
  /** In our words: those of Node, OpenSSL and the vendors' clients name addresses, versions and source files. */
  text: string;
  /** Only a change of the configuration or of the other side helps. */
  isLasting: boolean;
}

/** First match wins; the texts are those of Node 20, its OpenSSL, urllib, the AWS SDK and the OpenAPI client. */
const FAULTS: readonly { pattern: RegExp; text: string; isLasting?: true }[] = [
  { pattern: /ECONNREFUSED/, text: "connection refused" },
  { pattern: /ENOTFOUND|EAI_AGAIN/, text: "host name not found" },
  { pattern: /certificate has expired|CERT_HAS_EXPIRED/i, text: "its certificate has expired", isLasting: true },
  { pattern: /certificate is not yet valid/i, text: "its certificate is not valid yet: is the clock right?", isLasting: true },
  { pattern: /does not match certificate's altnames|altnames/i, text: "its certificate is for another host name", isLasting: true },
  {
    pattern:
      /self.signed|unable to (?:verify|get)|issuer certificate|first certificate|UNABLE_TO_|certificate signature failure|DEPTH_ZERO/i,
    text: "its certificate is not signed by a CA that is known here",
    isLasting: true,
  },
  {
    pattern: /wrong version number|packet length too long|:http request/i,
    text: "no TLS is spoken there: write http://, or another port",
    isLasting: true,
  },
  {
    pattern: /ECONNRESET|EPIPE|socket hang up|Connection closed while|Response aborted|other side closed|premature close/i,
    text: "connection cut",
  },
  { pattern: /EPROTO|SSL routines|TLS|ssl3_|sslv3/, text: "the TLS handshake failed" },
  { pattern: /header overflow|HPE_HEADER_OVERFLOW/i, text: "the header of its answer is too large" },
  { pattern: /^Parse Error|HPE_[A-Z]/, text: "its answer is not HTTP: is the port right?" },
  { pattern: /EHOSTUNREACH|ENETUNREACH/, text: "host not reachable" },
  { pattern: /ETIMEDOUT|time-?out|timed out|exceeded the configured \d+ ms/i, text: "the time ran out" },
];

const TEXT_CHARACTERS_MAX = 200;

/** A fault of the network or of TLS, recognised by a client's message. */
export function networkFault(said: string): NetworkFault {
  const found = FAULTS.find(({ pattern }) => pattern.test(said));
  return { text: found?.text ?? withoutRequest(said), isLasting: found?.isLasting ?? false };
}

/** The fault in our words, if the message is recognised. */
export function knownFault(said: string): string | undefined {
  return FAULTS.find(({ pattern }) => pattern.test(said))?.text;
}

/** True for what parsers say about an answer that is no XML: a web page of a proxy, or another service. */
export function isUnreadableAnswer(said: string): boolean {
  return /XML parse error|Deserialization error|Unexpected close tag|Non-whitespace before first tag|Unencoded <|Invalid character in|Unclosed root tag|Unexpected end|Text data outside of root/i.test(
    said,
  );
}

/** The first line, without the request that urllib appends. */
export function withoutRequest(said: string): string {
  const line = said.split("\n")[0]?.replace(/, (?:GET|PUT|HEAD|POST|DELETE) https?:.*$/, "") ?? "";
  return line.trim().slice(0, TEXT_CHARACTERS_MAX) || "connection failed";
}
