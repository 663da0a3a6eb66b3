import { describe, expect, it } from "vitest";
import type { Registration } from "../../shared/model/config.ts";
import { registrationDrift, settingsFingerprint } from "../../shared/repository/drift.ts";

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
    expect(drift(undefined, known).state).toBe("absent");
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
