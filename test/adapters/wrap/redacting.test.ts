import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { redactingNotifier, redactingStore } from "../../../shared/adapters/wrap/redacting.ts";
import { redactingErrors } from "../../../shared/adapters/wrap/redactingErrors.ts";
import { AppError } from "../../../shared/model/errors.ts";
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

  it("are told from names: what a later look acts on is stored as it is, and so is a sentence that only names them", async () => {
    const bare = memoryBlobStore();
    const store = redactingStore(bare, redact);
    const record = {
      intent: { input: { policyName: "planted", policy: { indices: ["planted-*"] }, alias: "planted" }, fingerprint: "planted" },
      claim: { effect: "planted", args: ["planted"] },
      data: { snapshot: "planted-1", failures: [{ snapshot: "planted-1", reason: "signed with planted" }] },
      reason: { code: "job.refused", params: { name: "planted", because: "lane.planted" } },
      trouble: { code: "copy.failed", params: { key: "planted", because: "it said planted" } },
      notice: { text: "planted is late", reason: { code: "backup.late", params: { policy: "planted" } } },
      other: { text: "planted: it said planted", reason: { code: "look.failed", params: { message: "it said planted" } } },
    };
    await store.put("live/jobs/x/000000.json", Buffer.from(JSON.stringify(record)));
    expect(JSON.parse(textOf(await bare.get("live/jobs/x/000000.json")))).toEqual({
      ...record,
      data: { snapshot: "planted-1", failures: [{ snapshot: "planted-1", reason: "signed with [secret]" }] },
      trouble: { code: "copy.failed", params: { key: "planted", because: "it said [secret]" } },
      other: { text: "[secret]: it said [secret]", reason: { code: "look.failed", params: { message: "it said [secret]" } } },
    });
  });

  it("are redacted where they enter: in errors with their causes and reasons, in listings, streams and explanations", async () => {
    const thrown = () =>
      new AppError("denied", "signed with planted", {
        cause: new TypeError("sent planted"),
        reason: reason("effect.refused", { effect: "planted", message: "said planted" }),
      });
    const port = {
      url: "s3://planted",
      sync: () => {
        throw thrown();
      },
      late: async () => Promise.reject(thrown()),
      async *list() {
        yield { key: "planted" };
        throw thrown();
      },
      async open() {
        return this.list();
      },
      explains: async () => "because of planted",
      answers: async () => ({ names: ["planted"], failures: [{ index: "planted", reason: "by planted" }], at: new Date(0) }),
      counts: async () => new Map([["planted", 1]]),
    };
    const clean = redactingErrors(port, redact);
    const seen: unknown[] = [];
    const read = async (items: AsyncIterable<unknown>) => {
      for await (const item of items) seen.push(item);
    };
    for (const call of [async () => clean.sync(), clean.late, () => read(clean.list()), async () => read(await clean.open())]) {
      const error = await call().then(undefined, (one: unknown) => one as AppError);
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: "denied", message: "signed with [secret]", cause: { message: "sent [secret]" } });
      expect(error?.reason?.params).toEqual({ effect: "planted", message: "said [secret]" });
      expect(`${error?.stack}`).not.toContain("planted");
    }
    expect([clean.url, seen]).toEqual(["s3://planted", [{ key: "planted" }, { key: "planted" }]]);
    expect(await clean.explains()).toBe("because of [secret]");
    expect(await clean.answers()).toEqual({ names: ["planted"], failures: [{ index: "planted", reason: "by [secret]" }], at: new Date(0) });
    expect([...(await clean.counts())]).toEqual([["planted", 1]]);
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
