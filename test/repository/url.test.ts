import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Place } from "../../shared/model/config.ts";
import { hasCode, messageOf } from "../../shared/model/errors.ts";
import { basePathProblems } from "../../shared/repository/basePath.ts";
import { parsePlaceUrl, printPlaceUrl } from "../../shared/repository/url.ts";

function refusalOf(text: string): unknown {
  try {
    parsePlaceUrl(text);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("place URLs", () => {
  it("give store, bucket, base path, endpoint and region", () => {
    expect(parsePlaceUrl("oss://moved/movies/?endpoint=https%3A%2F%2Foss-cn-hangzhou.aliyuncs.com")).toEqual({
      store: "oss",
      bucket: "moved",
      basePath: "movies",
      endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      region: "cn-hangzhou",
    });
    expect(parsePlaceUrl("s3://movies?endpoint=http://127.0.0.1:9400&region=us-east-1")).toEqual({
      store: "s3",
      bucket: "movies",
      basePath: "",
      endpoint: "http://127.0.0.1:9400",
      region: "us-east-1",
    });
    expect(parsePlaceUrl("file:///srv/my%20blobs/")).toEqual({ store: "directory", bucket: "/srv/my blobs", basePath: "" });
  });

  it.each([
    ["movies", "movies: not a place, write oss://bucket/base?region=cn-hangzhou, s3://bucket/base?endpoint=… or file:///dir"],
    ["my-oss://b", "my-oss://b: not a place, write oss://bucket/base?region=cn-hangzhou, s3://bucket/base?endpoint=… or file:///dir"],
    ["oss:///a", "oss:///a: has no bucket, write oss://bucket/base?region=cn-hangzhou, s3://bucket/base?endpoint=… or file:///dir"],
    ["file://srv/a", "file://srv/a: names a host, write three slashes, as in file:///dir"],
    ["file:///", "file:///: is the root directory, name a directory of its own"],
    ["file:///a?region=x", "file:///a?region=x: a directory takes no parameters, remove everything from ? on"],
    ["oss://b//a", 'oss://b//a: its base path starts with "/": objects land under an empty folder name, remove the leading /'],
    ["oss://b?regoin=cn-hangzhou", 'oss://b: unknown parameter "regoin", did you mean "region"?'],
    [
      "oss://b?endpoint=nope/x",
      "oss://b?endpoint=nope/x: its endpoint is no address, write it as in endpoint=https://oss-cn-hangzhou.aliyuncs.com",
    ],
    ["oss://b/%zz", "oss://b/%zz: has a broken % escape, write %25 for a percent sign"],
  ])("%s is rejected with one sentence", (text, message) => {
    const error = refusalOf(text);
    expect(hasCode(error, "invalid")).toBe(true);
    expect(messageOf(error)).toBe(message);
    expect(hasCode(error, "invalid") && error.reason?.code).toBe("url.invalid");
  });

  it("credentials are rejected and never shown", () => {
    const message = messageOf(refusalOf("s3://AKIA:hunter2@bucket/base"));
    expect(message).toBe("place: credentials do not belong into the URL, leave them to the environment of the function's role");
    expect(message).not.toContain("hunter2");
    expect(printPlaceUrl({ store: "oss", bucket: "b", basePath: "", secretAccessKey: "hunter2" })).toBe("oss://b");
  });

  it("a printed URL parses back to the same place", () => {
    const basePath = fc
      .array(fc.string({ minLength: 1, unit: "grapheme" }), { maxLength: 3 })
      .map((parts) => parts.join("/").replaceAll("@", ""));
    const places: fc.Arbitrary<Place> = fc.record({
      store: fc.constantFrom("oss", "s3"),
      bucket: fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}$/),
      basePath: basePath.filter((path) => !path.endsWith("/") && basePathProblems(path).length === 0),
      endpoint: fc.constantFrom("http://127.0.0.1:9400", "https://example.com"),
      region: fc.constantFrom("cn-hangzhou", "us-east-1"),
    });
    fc.assert(
      fc.property(places, (place) => {
        expect(parsePlaceUrl(printPlaceUrl(place))).toEqual(place);
      }),
    );
    expect(parsePlaceUrl(printPlaceUrl({ store: "directory", bucket: "/srv/a b", basePath: "c" }))).toEqual({
      store: "directory",
      bucket: "/srv/a b/c",
      basePath: "",
    });
  });
});
