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
    await store.put("live/notices/x.json", Buffer.from('{"message":"signed with planted"}'));
    const bytes = Uint8Array.from([0xff, 0x00, 0xc3, 0x28]);
    await store.put("root", bytes, { ifAbsent: true });
    expect(textOf(await bare.get("live/notices/x.json"))).toBe('{"message":"signed with [secret]"}');
    expect(await bare.get("root")).toEqual(bytes);
    await expect(store.put("root", bytes, { ifAbsent: true })).rejects.toMatchObject({ code: "conflict" });
  });

  it("change no name of a field, none of our own words, and nothing that is no record", async () => {
    const bare = memoryBlobStore();
    const store = redactingStore(bare, (text) => text.replaceAll("planned", "[secret]"));
    const record = { state: "planned", reason: { code: "prune.planned", params: { planned: 1, message: "planned by planned" } } };
    await store.put("live/jobs/prune-1/000000.json", Buffer.from(JSON.stringify(record)));
    expect(JSON.parse(textOf(await bare.get("live/jobs/prune-1/000000.json")))).toEqual({
      state: "planned",
      reason: { code: "prune.planned", params: { planned: 1, message: "[secret] by [secret]" } },
    });
    await store.put("work/copy-1/root-0a", Buffer.from('{"indices":{"planned":{}}}'));
    expect(textOf(await bare.get("work/copy-1/root-0a"))).toBe('{"indices":{"planned":{}}}');
    await store.put("work/copy-1/0-0-1a.done-1.json", Buffer.from('{"faults":[{"message":"planned"}]}'));
    expect(textOf(await bare.get("work/copy-1/0-0-1a.done-1.json"))).toBe('{"faults":[{"message":"[secret]"}]}');
    await store.put("done/backup/x.json", Buffer.from("no JSON, planned"));
    expect(textOf(await bare.get("done/backup/x.json"))).toBe("no JSON, [secret]");
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
    await redactingNotifier({ name: "memory", send: async (one) => void said.push(one) }, redact).send(notice, new Date(0));
    expect(said).toEqual([
      {
        ...notice,
        text: "signed with [secret]",
        reason: { ...notice.reason, params: expect.objectContaining({ message: "signed with [secret]" }) },
      },
    ]);
  });
});
