import type { BlobStore } from "../../model/blobStore.ts";
import type { Notifier } from "../../model/notice.ts";
import { redactedValues } from "../../model/plainText.ts";
import type { Reason } from "../../model/reason.ts";

type Redact = (text: string) => string;

const utf8 = { decoder: new TextDecoder(), encoder: new TextEncoder() };

/** Lists of blobs and copies of roots: they hold no messages of other systems, and must stay as they are, byte by byte. */
const PLAIN = /^(evidence|parts)\/|^work\/[^/]+\/(root-[^/]*|expected-[^/]*|\d+-\d+-[0-9a-f]+\.json)$/;
/** Redacts secrets from every record that is written: messages of other systems end up in reasons, and reasons in the state. */
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
  return utf8.encoder.encode(JSON.stringify(redactedValues(record, redact)));
}

/** The same for notices. */
export function redactingNotifier(notifier: Notifier, redact: Redact): Notifier {
  return {
    name: notifier.name,
    send: (notice, sentAt) =>
      notifier.send({ ...notice, text: redact(notice.text), reason: redactedValues(notice.reason, redact) as Reason }, sentAt),
  };
}
