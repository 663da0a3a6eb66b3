import { expect, it } from "vitest";
import type { PreflightInput } from "../../shared/plan/preflightTypes.ts";
import { streamNameChecks } from "../../shared/plan/states/streamNames.ts";

const INDEX = { uuid: "u", state: "open" as const, aliases: [], shards: 1, replicas: 0, createdVersion: "8.17.0", settings: {} };
const JOB = "restore-0000000000000001";
const told = (names: Record<string, string>, existing: PreflightInput["existing"] = []) =>
  streamNameChecks({ streamNames: new Map(Object.entries(names)), existing, targetVersion: "8.17.0", jobId: JOB }).map(
    ({ reason }) => reason.code,
  );

it("a data stream has a name that nothing else has", () => {
  expect(told({ logs: "copy" }, [{ ...INDEX, name: "other" }])).toEqual([]);
  for (const taken of [
    { ...INDEX, name: "copy" },
    { ...INDEX, name: ".ds-copy-2026.11.30-000007", dataStream: "copy" },
    { ...INDEX, name: "other", aliases: ["copy"] },
  ])
    expect(told({ logs: "copy" }, [taken])).toEqual(["state.streamThere"]);
});

it("a data stream has no name that another data stream has as an alias", () => {
  const streamNames = new Map([["logs", "copy"]]);
  const streamHolders = new Map([["copy", "web"]]);
  const [check] = streamNameChecks({ streamNames, streamHolders, existing: [], targetVersion: "8.17.0", jobId: JOB });
  expect(check?.reason).toMatchObject({ code: "state.streamThere", params: { index: "web" } });
});

it("a data stream that this restore made is no other one", () => {
  const settings = { "routing.allocation.exclude.ossnap_job": JOB };
  expect(told({ logs: "copy" }, [{ ...INDEX, name: ".ds-copy-2026.11.30-000001", dataStream: "copy", settings }])).toEqual([]);
});

it("two data streams have no name together", () => {
  expect(told({ logs: "copy", web: "copy" })).toEqual(["name.twice", "name.twice"]);
});

it.each(["_foo", "-foo", "+foo", "..", ".", "Foo", "a b"])("no data stream is called %s", (as) => {
  expect(told({ logs: as })).toEqual(["name.invalid"]);
});
