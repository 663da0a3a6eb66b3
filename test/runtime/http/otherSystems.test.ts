import { errors } from "@elastic/elasticsearch";
import { describe, expect, it } from "vitest";
import { toAppError } from "../../../shared/adapters/elasticsearch/errors/errors.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { problemOf } from "../../../shared/runtime/http/problem.ts";

const CONTEXT = { cluster: "lab", url: "http://lab:9200", username: undefined, subject: "repository backups", secrets: [] };
const answered = (statusCode: number, reason: string) =>
  new errors.ResponseError({
    statusCode,
    body: { error: { type: "x_exception", reason } },
    warnings: null,
    headers: {},
    meta: {} as never,
  });
const asked = (error: unknown) => {
  const { statusCode, body } = problemOf(error, { id: "r", path: "/snapshots" }, (text) => text);
  return [statusCode, JSON.parse(body).code, JSON.parse(body).title];
};
const REFUSED = [502, "refused", "A system behind ossnap refused"];

describe("what a cluster answers and no repetition changes", () => {
  it.each([
    ["a root that it cannot parse", answered(500, "Unexpected exception when loading repository data: Unrecognized token 'x'")],
    ["a root of a later version", answered(500, "unknown field [uuid] found")],
    ["a repository that it calls corrupted", answered(500, "Detected a corrupted repository")],
    ["an answer that is too long", new errors.RequestAbortedError("The content length (9) is bigger than the maximum allowed string (5)")],
  ])("is 502, not our own failure: %s", (_, error) => {
    const told = toAppError(error, CONTEXT);
    expect(told.code).toBe("permanent");
    expect(asked(told)).toEqual(REFUSED);
  });

  it("is 500 where the fault is ours", () => {
    expect(asked(new AppError("permanent", "the record is damaged"))).toEqual([500, "permanent", "Something went wrong"]);
    expect(asked(new TypeError("x"))[0]).toBe(500);
  });
});
