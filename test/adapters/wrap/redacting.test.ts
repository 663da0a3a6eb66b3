import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { redactingNotifier, redactingStore } from "../../../shared/adapters/wrap/redacting.ts";
import type { Notice } from "../../../shared/model/notice.ts";
import { reason } from "../../../shared/model/reason.ts";

const redact = (text: string) => text.replaceAll("planted", "[secret]");
const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe("invariant 10: secrets in messages of other systems", () => {
  it("are never written, and an object without one is written unchanged", async () => {
    const bare = memoryBlobStore();
    const store = redactingStore(bare, redact);
    await store.put("notice", Buffer.from('{"message":"signed with planted"}'));
    const bytes = Uint8Array.from([0xff, 0x00, 0xc3, 0x28]);
    await store.put("root", bytes, { ifAbsent: true });
    expect(textOf(await bare.get("notice"))).toBe('{"message":"signed with [secret]"}');
    expect(await bare.get("root")).toEqual(bytes);
    await expect(store.put("root", bytes, { ifAbsent: true })).rejects.toMatchObject({ code: "conflict" });
  });

  it("are never sent in a notice", async () => {
    const said: Notice[] = [];
    const at = new Date(0);
    const notice: Notice = {
      key: "look-failed:watches.moved",
      code: "look.failed",
      status: "firing",
      severity: "bad",
      since: at,
      at,
      reason: reason("look.failed", { look: "watches.moved", message: "signed with planted" }),
      text: "signed with planted",
    };
    await redactingNotifier({ name: "memory", send: async (one) => void said.push(one) }, redact).send(notice);
    expect(said).toEqual([
      {
        ...notice,
        text: "signed with [secret]",
        reason: { ...notice.reason, params: expect.objectContaining({ message: "signed with [secret]" }) },
      },
    ]);
  });
});
