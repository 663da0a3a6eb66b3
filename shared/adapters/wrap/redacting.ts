import type { BlobStore } from "../../model/blobStore.ts";
import type { Notifier } from "../../model/notice.ts";
import type { Reason } from "../../model/reason.ts";

type Redact = (text: string) => string;

const utf8 = { decoder: new TextDecoder(), encoder: new TextEncoder() };

/** Where messages of other systems end up; roots, plans and marks are written as they are. */
const RECORDS = /^(live\/(jobs|notices)|done|history)\//;
/** Words of our own: a secret that happens to be one of them must not change what a record means. */
const OWN_WORDS: ReadonlySet<string> = new Set(
  "id kind state code effect at until since createdAt nonce requestId function severity status key job uuid batch".split(" "),
);

/** Redacts secrets from every record that is written: messages of other systems end up in reasons, and reasons in the state. */
export function redactingStore(store: BlobStore, redact: Redact): BlobStore {
  return {
    ...store,
    put(key, body, options) {
      return store.put(key, RECORDS.test(key) ? redactedRecord(body, redact) : body, options);
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

/** Names of fields are never changed. */
function redactedValues(value: unknown, redact: Redact): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactedValues(item, redact));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => {
    const isOwn = OWN_WORDS.has(name) && typeof member === "string";
    return [name, isOwn ? member : redactedValues(member, redact)];
  });
  return Object.fromEntries(entries);
}

/** The same for notices. */
export function redactingNotifier(notifier: Notifier, redact: Redact): Notifier {
  return {
    name: notifier.name,
    send: (notice) => notifier.send({ ...notice, text: redact(notice.text), reason: redactedValues(notice.reason, redact) as Reason }),
  };
}
