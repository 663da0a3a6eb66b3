import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeBucket } from "../../../../../infra/local/fc/control/codeBucket.ts";
import { functionService } from "../../../../../infra/local/fc/control/functionService.ts";
import { type ControlPlane, startControlPlane } from "../../../../../infra/local/fc/control/startControlPlane.ts";

const ACCOUNT = { accountId: "1234567890123456", region: "cn-hangzhou" };

interface Recorded {
  method: string;
  host: string;
  path: string;
  query: Record<string, string>;
  action: string | null;
  body: unknown;
  status: number;
}

/** What the real fc3 was recorded to send; test/fixtures/README.md says how. */
function recorded(name: string): Recorded[] {
  const lines = readFileSync(`test/fixtures/fc3/${name}.jsonl`, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Recorded);
}

let plane: ControlPlane;

beforeEach(async () => {
  plane = await startControlPlane({ ...ACCOUNT, credentials: { accessKeyId: "LTAItest", accessKeySecret: "secret" }, port: 0 });
});
afterEach(() => plane.close());

/** Sends a recorded request to the services without signatures; the code of Function Compute's answers is asked for below. */
function send({ method, host, path, query, body, action }: Recorded, at: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const text = new URLSearchParams(query).toString();
    const headers = { host, ...(action === null ? {} : { "x-acs-action": action }) };
    const sent = request(at, { method, path: text === "" ? path : `${path}?${text}`, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
    });
    sent.on("error", reject);
    sent.end(body === null ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}

describe("the recorded requests of fc3", () => {
  it("get the recorded answers from the log service and RAM", async () => {
    for (const name of ["create-one-function", "create-with-event-role"]) {
      await plane.close();
      plane = await startControlPlane({ ...ACCOUNT, credentials: { accessKeyId: "LTAItest", accessKeySecret: "secret" }, port: 0 });
      const others = recorded(name).filter(({ host }) => host.startsWith("ram.") || host.includes(".log."));
      expect(others.length).toBeGreaterThanOrEqual(7);
      const answered = [];
      for (const one of others) answered.push(await send(one, plane.url));
      expect(answered).toEqual(others.map(({ status }) => status));
    }
    expect(Object.fromEntries(plane.others.roles)).toEqual({
      AliyunOSSEventNotificationRole: new Set(["AliyunOSSEventNotificationRolePolicy", "AliyunFCInvocationAccess"]),
    });
    expect([...plane.others.logstores.values()]).toEqual([{ hasIndex: true }]);
  });

  it.each(["create-one-function", "create-with-event-role"])("of %s get the recorded answers from Function Compute", (name) => {
    const rows = recorded(name);
    const code = codeBucket(ACCOUNT.accountId);
    const { answer } = functionService(ACCOUNT, { ...code, take: () => ({ codeSize: 1, codeChecksum: "x" }) });
    for (const { host, action, body, status, ...one } of rows.filter((row) => row.host.startsWith("fcv3."))) {
      const ask = () => answer({ ...one, action: action ?? "", body: Buffer.from(JSON.stringify(body)) }).status;
      if (status < 300) expect(ask(), `${action} ${one.path}`).toBe(status);
      else expect(ask, `${action} ${one.path}`).toThrow(expect.objectContaining({ status }));
    }
  });

  it("are refused by Function Compute without a signature, and leave nothing", async () => {
    const [create] = recorded("create-one-function").filter(({ action }) => action === "CreateFunction");
    expect(await send(create ?? expect.fail(), plane.url)).toBe(400);
    expect(plane.functions.size).toBe(0);
  });

  it("upload code only by a token, once, and make a function only of what was uploaded", async () => {
    const put = {
      method: "PUT",
      host: "fc-temp-bucket.oss-accelerate.aliyuncs.com",
      path: "/1234567890123456/code-1",
      query: {},
      action: null,
    };
    expect(await send({ ...put, body: "zip", status: 403 }, plane.url)).toBe(403);
    const code = codeBucket(ACCOUNT.accountId);
    const { objectName } = code.token().body as { objectName: string };
    const path = `/${ACCOUNT.accountId}/${objectName}`;
    const upload = () => code.put({ method: "PUT", path, query: {}, action: "", body: Buffer.from("zip") });
    expect(upload()).toEqual({ status: 200 });
    expect(upload).toThrow("no token was given");
    expect(code.take({ ossBucketName: "fc-temp-bucket", ossObjectName: path.slice(1) })).toMatchObject({ codeSize: 3 });
    expect(() => code.take({ ossBucketName: "fc-temp-bucket", ossObjectName: path.slice(1) })).toThrow("code: there is no object");
  });

  it("are refused where they pass a limit of the platform", () => {
    const { answer } = functionService(ACCOUNT, codeBucket(ACCOUNT.accountId));
    const send = (method: string, path: string, body: object) =>
      answer({ method, path: `/2023-03-30/functions${path}`, query: {}, action: "", body: Buffer.from(JSON.stringify(body)) });
    const variables = { SECRET: "s".repeat(4100) };
    expect(() => send("POST", "", { functionName: "a", environmentVariables: variables })).toThrow(
      "function a: environmentVariables come to 4106 bytes, names and values together, and the maximum is 4096",
    );
    send("POST", "", { functionName: "a" });
    expect(() => send("POST", "", { functionName: "a" })).toThrow("function 'a' already exists");
    for (let at = 0; at < 10; at++) send("POST", "/a/triggers", { triggerName: `t${at}`, triggerType: "timer" });
    expect(() => send("POST", "/a/triggers", { triggerName: "t10", triggerType: "timer" })).toThrow(
      "has 10 triggers, which is the maximum",
    );
    send("DELETE", "/a/triggers/t0", {});
    const oss = (sourceArn: string) => send("POST", "/a/triggers", { triggerName: "o", triggerType: "oss", sourceArn });
    expect(() => oss("acs:oss:cn-hangzhou:99:moved")).toThrow("bucket 'moved' belongs to account 99, and the function to 1234567890123456");
    expect(() => oss(`acs:oss:cn-shanghai:${ACCOUNT.accountId}:moved`)).toThrow("bucket 'moved' belongs to region cn-shanghai");
    expect(oss(`acs:oss:cn-hangzhou:${ACCOUNT.accountId}:moved`).status).toBe(200);
  });
});
