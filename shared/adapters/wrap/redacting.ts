import type { BlobStore } from "../../model/blobStore.ts";
import type { Notifier } from "../../model/notice.ts";
import type { Reason } from "../../model/reason.ts";

type Redact = (text: string) => string;

const utf8 = { decoder: new TextDecoder(), encoder: new TextEncoder() };

/** Redacts secrets from everything that is written: messages of other systems end up in reasons, and reasons in the state. */
export function redactingStore(store: BlobStore, redact: Redact): BlobStore {
  return {
    ...store,
    put(key, body, options) {
      const text = utf8.decoder.decode(body);
      const clean = redact(text);
      return store.put(key, clean === text ? body : utf8.encoder.encode(clean), options);
    },
  };
}

/** The same for notices. */
export function redactingNotifier(notifier: Notifier, redact: Redact): Notifier {
  return {
    name: notifier.name,
    send: (notice) =>
      notifier.send({ ...notice, text: redact(notice.text), reason: JSON.parse(redact(JSON.stringify(notice.reason))) as Reason }),
  };
}
