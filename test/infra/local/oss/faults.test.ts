import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type OSS from "ali-oss";
import { describe, expect, it, vi } from "vitest";
import { codeOf, startTestOss } from "./startTestOss.ts";

const BODY = Buffer.alloc(1_000_000, "x");

async function startWithObject() {
  const oss = await startTestOss();
  const client = oss.client();
  await client.put("dir/k", BODY);
  return { oss, client };
}

describe("faults", () => {
  it("answer with any status until they are used up, and only for matching requests", async () => {
    const { oss, client } = await startWithObject();
    const fault = oss.faults.add({ kind: "status", match: { method: "GET", key: "dir/" }, params: { status: 500 }, times: 2 });
    expect((await client.head("dir/k")).status).toBe(200);
    expect(await codeOf(client.get("dir/k"))).toBe("InternalError");
    expect(await codeOf(client.listV2({} as OSS.ListV2ObjectsQuery))).toBe("no error");
    expect(await codeOf(client.get("dir/k"))).toBe("InternalError");
    expect(await codeOf(client.get("dir/k"))).toBe("no error");
    expect(fault.fired).toBe(2);
  });

  it("throttle with the delay header of OSS", async () => {
    const { oss, client } = await startWithObject();
    oss.faults.add({ kind: "slowdown", params: { delayMs: 250 }, times: 1 });
    const byPath = oss.client({ sldEnable: true, endpoint: `http://localhost:${oss.port}` });
    const answer = await fetch(await byPath.signatureUrlV4("GET", 60, {}, "dir/k"));
    expect([answer.status, answer.headers.get("x-oss-qos-delay-time")]).toEqual([503, "250"]);
    expect(await codeOf(client.get("dir/k"))).toBe("no error");
  });

  it("delay a response", async () => {
    const { oss, client } = await startWithObject();
    oss.faults.add({ kind: "latency", match: { operation: "GetObject" }, params: { ms: 60_000 }, times: 1 });
    expect(await codeOf(client.get("dir/k", { timeout: 50 }))).toBe("ResponseTimeoutError");
    expect(oss.faults.fired()[0]?.fired).toBe(1);
  });

  it("cut a body after the given number of bytes", async () => {
    const { oss, client } = await startWithObject();
    oss.faults.add({ kind: "cutBody", params: { afterBytes: 300_001 }, times: 1 });
    const { stream, res } = await client.getStream("dir/k");
    expect((res.headers as Record<string, string>)["content-length"]).toBe("1000000");
    let gotBytes = 0;
    const reading = (async () => {
      for await (const chunk of stream) gotBytes += chunk.length;
    })();
    await expect(reading).rejects.toThrow("aborted");
    expect(gotBytes).toBe(300_001);
  });

  it("stall a body and resume it when the time is over", async () => {
    const { oss, client } = await startWithObject();
    oss.faults.add({ kind: "stallBody", params: { afterBytes: 10, ms: 30 }, times: 1 });
    expect((await buffer((await client.getStream("dir/k")).stream)).equals(BODY)).toBe(true);
    oss.faults.add({ kind: "stallBody", params: { afterBytes: 10 }, times: 1 });
    const { stream } = await client.getStream("dir/k");
    const ended = buffer(stream).then(
      () => "ended",
      () => "cut",
    );
    expect(await Promise.race([ended, sleep(100, "stalled")])).toBe("stalled");
    await oss.close();
    expect(await ended).toBe("cut");
  });

  it("lose the response of a completed write", async () => {
    const { oss, client } = await startWithObject();
    oss.faults.add({ kind: "cutBody", match: { method: "PUT" }, times: 1 });
    await expect(client.put("written", Buffer.from("x"))).rejects.toMatchObject({ status: -1 });
    expect((await client.get("written")).content.toString()).toBe("x");
  });

  it("leave an object absent while it is overwritten", async () => {
    const { oss, client } = await startWithObject();
    const fault = oss.faults.add({ kind: "deleteThenPut", match: { key: "dir/k" }, params: { ms: 500 }, times: 1 });
    const writing = client.put("dir/k", Buffer.from("new"));
    await vi.waitFor(async () => expect(await codeOf(client.get("dir/k"))).toBe("NoSuchKey"), { interval: 5 });
    expect(fault.fired).toBe(1);
    await writing;
    expect((await client.get("dir/k")).content.toString()).toBe("new");
  });

  it("are gone when they are cleared or removed", async () => {
    const { oss, client } = await startWithObject();
    const fault = oss.faults.add({ kind: "status", params: { status: 500 } });
    fault.remove();
    expect(await codeOf(client.get("dir/k"))).toBe("no error");
    oss.faults.add({ kind: "status", params: { status: 500 } });
    oss.faults.clear();
    expect(await codeOf(client.get("dir/k"))).toBe("no error");
    expect(oss.faults.fired()).toEqual([]);
  });
});
