import { describe, expect, it } from "vitest";
import type { Registration } from "../../shared/model/config.ts";
import { registrationDrift, settingsFingerprint, visibleFingerprint } from "../../shared/repository/drift.ts";

const SALT = "salt";
const WANTED: Registration = {
  type: "oss",
  settings: { bucket: "b", base_path: "prod/", chunk_size: "500mb", compress: true, access_key_id: "AK", secret_access_key: "hunter2" },
};
const REGISTERED = { type: "oss", settings: { bucket: "b", base_path: "prod", chunk_size: "524288000", compress: "true" } };

function drift(registered: Parameters<typeof registrationDrift>[1], known: string | undefined, wanted = WANTED) {
  return registrationDrift(wanted, registered, { wanted: settingsFingerprint(wanted.settings, SALT), known });
}

describe("registration drift", () => {
  const known = settingsFingerprint(WANTED.settings, SALT);

  it("equivalent values are the same, although the cluster spells them differently", () => {
    expect(drift(REGISTERED, known)).toEqual({
      state: "same",
      differences: [],
      secrets: "same",
      isOurs: false,
      reason: { code: "registration.same", params: {} },
    });
  });

  it("a visible difference names both sides", () => {
    const { state, differences } = drift({ ...REGISTERED, settings: { ...REGISTERED.settings, chunk_size: "1gb" } }, known);
    expect({ state, differences }).toEqual({
      state: "different",
      differences: [{ setting: "chunk_size", wanted: "500mb", registered: "1gb" }],
    });
  });

  it("a setting present on only one side is a difference, except readonly: false", () => {
    const more = drift({ ...REGISTERED, settings: { ...REGISTERED.settings, readonly: "false", max_restore_bytes_per_sec: "1mb" } }, known);
    expect(more.differences).toEqual([{ setting: "max_restore_bytes_per_sec", wanted: null, registered: "1mb" }]);
    const [without, empty] = [{ location: "/srv" }, { location: "/srv", base_path: "", readonly: "false" }];
    expect(drift({ type: "fs", settings: empty }, "x", { type: "fs", settings: without }).differences).toEqual([]);
    expect(drift({ type: "fs", settings: without }, "x", { type: "fs", settings: empty }).differences).toEqual([]);
    expect(visibleFingerprint({ type: "fs", settings: empty })).toBe(visibleFingerprint({ type: "fs", settings: without }));
    expect(visibleFingerprint({ type: "gcs", settings: empty })).not.toBe(visibleFingerprint({ type: "fs", settings: empty }));
  });

  it("another type is a difference", () => {
    expect(drift({ ...REGISTERED, type: "fs" }, known).differences[0]).toEqual({ setting: "type", wanted: "oss", registered: "fs" });
  });

  it("a changed key shows only in the fingerprint and is never printed", () => {
    const rotated = { ...WANTED, settings: { ...WANTED.settings, secret_access_key: "correct horse" } };
    const found = drift(REGISTERED, known, rotated);
    expect(found).toMatchObject({
      state: "different",
      differences: [],
      secrets: "changed",
      reason: { code: "registration.secretsChanged" },
    });
    expect(JSON.stringify(found)).not.toMatch(/hunter2|correct horse/);
  });

  it("without a stored fingerprint the secrets are unknown, not wrong", () => {
    expect(drift(REGISTERED, undefined)).toMatchObject({ state: "unverified", secrets: "unknown" });
    const plain: Registration = { type: "fs", settings: { location: "/srv" } };
    expect(drift({ type: "fs", settings: { location: "/srv/./x/../" } }, undefined, plain)).toMatchObject({ state: "unverified" });
    expect(drift({ type: "fs", settings: { location: "/srv" } }, undefined, plain)).toMatchObject({ state: "unverified", secrets: "none" });
  });

  it("a repository that is not registered is absent", () => {
    expect(drift(undefined, known)).toMatchObject({ state: "absent", isOurs: false, differences: [] });
  });

  it.each([
    ["oss", "endpoint", "https://oss-cn-hangzhou.aliyuncs.com", "https://OSS-cn-hangzhou.aliyuncs.com/", true],
    ["oss", "oss.client.endpoint", "oss-cn-hangzhou.aliyuncs.com", "http://oss-cn-hangzhou.aliyuncs.com", true],
    ["oss", "endpoint", "http://oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com", false],
    ["oss", "endpoint", "https://oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-beijing.aliyuncs.com", false],
    ["oss", "endpoint", "not an address", "not an address either", false],
    ["oss", "base_path", "a/b/", "a/b", true],
    ["fs", "location", "/srv/a/b", "/srv//x/../a/b/", true],
    ["fs", "location", "/srv/a/b", "/srv/ab", false],
    ["fs", "location", "/srv", "srv", false],
    ["fs", "location", "srv/.", "srv", false],
    ["fs", "chunk_size", "big", "large", false],
  ])("%s: %s %s and %s are the same: %s", (type, setting, ours, theirs, isSame) => {
    const { differences } = drift({ type, settings: { [setting]: theirs } }, "x", { type, settings: { [setting]: ours } } as Registration);
    expect(differences).toEqual(isSame ? [] : [{ setting, wanted: ours, registered: theirs }]);
  });

  it("a registration that no node could use has failed, with the cluster's message if it gave one", () => {
    const found = (message?: string) => {
      const verification = { isGood: false, ...(message !== undefined && { message }) };
      return registrationDrift(WANTED, REGISTERED, { wanted: known, known, verification });
    };
    expect(found("no such bucket")).toMatchObject({
      state: "failed",
      reason: { code: "registration.failed", params: { message: "no such bucket" } },
    });
    expect(found().reason.params).toEqual({ message: "" });
    const verification = { isGood: true };
    expect(registrationDrift(WANTED, REGISTERED, { wanted: known, known, verification }).state).toBe("same");
  });

  it("hides the credentials of a URL and the values of keys that look secret, which a plugin may return in clear", () => {
    const settings = { ...REGISTERED.settings, url: "http://me:hunter2@host/x", "x.password": "hunter2" };
    const found = drift({ ...REGISTERED, settings }, known);
    expect(found.reason.params.changes).toEqual(["url: http://(hidden)@host/x → not set", "x.password: (hidden) → not set"]);
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });

  it("is ossnap's own while the cluster still shows the settings that ossnap registered last, however it spells them", () => {
    const before = { wanted: known, known, visible: visibleFingerprint(WANTED) };
    const wanted = { ...WANTED, settings: { ...WANTED.settings, chunk_size: "1gb" } };
    expect(registrationDrift(wanted, REGISTERED, before)).toMatchObject({ state: "different", isOurs: true });
    const changed = { ...REGISTERED, settings: { ...REGISTERED.settings, compress: "false" } };
    expect(registrationDrift(wanted, changed, before)).toMatchObject({ state: "different", isOurs: false });
  });
});

describe("the settings' fingerprint", () => {
  it("does not depend on order or spelling, but on every value and on the salt", () => {
    const one = settingsFingerprint({ bucket: "b", chunk_size: "500mb" }, SALT);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(settingsFingerprint({ chunk_size: "524288000b", bucket: "b" }, SALT)).toBe(one);
    expect(settingsFingerprint({ bucket: "c", chunk_size: "500mb" }, SALT)).not.toBe(one);
    expect(settingsFingerprint({ bucket: "b", chunk_size: "500mb" }, "other")).not.toBe(one);
  });
});
