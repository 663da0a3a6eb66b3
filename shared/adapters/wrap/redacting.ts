import type { BlobStore } from "../../model/blobStore.ts";
import type { Notice, Notifier } from "../../model/notice.ts";
import { redactedTexts } from "../../model/plainText.ts";

type Redact = (text: string) => string;

const utf8 = { decoder: new TextDecoder(), encoder: new TextEncoder() };

/** Lists of blobs and copies of roots: they hold no messages of other systems, and must stay as they are, byte by byte. */
const PLAIN = /^(evidence|parts)\/|^work\/[^/]+\/(root-[^/]*|expected-[^/]*|\d+-\d+-[0-9a-f]+\.json)$/;
/**
 * Redacts secrets from the texts of every record that is written (see `redactedTexts`): messages of other systems end up in reasons, and
 * reasons in the state. In production they are redacted as they enter, by `redactingErrors`; here is the last line of defence.
 */
export function redactingStore(store: BlobStore, redact: Redact): BlobStore {
  return {
    ...store,
    put(key, body, options) {
      return store.put(key, PLAIN.test(key) ? body : redactedRecord(body, redact), options);
    },
  };
}

/** Unchanged without a secret, byte by byte. */
function redactedRecord(body: Uint8Array, redact: Redact): Uint8Array {
  const text = utf8.decoder.decode(body);
  if (redact(text) === text) return body;
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return utf8.encoder.encode(redact(text));
  }
  return utf8.encoder.encode(JSON.stringify(redactedTexts(record, redact)));
}

/** The same for notices. */
export function redactingNotifier(notifier: Notifier, redact: Redact): Notifier {
  return {
    name: notifier.name,
    send: (notice, sentAt) => notifier.send(redactedTexts(notice, redact) as Notice, sentAt),
  };
}
