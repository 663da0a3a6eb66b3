import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { kmsVariables } from "../../../shared/runtime/config/environment.ts";
import { checkConfig, resolvedConfigText } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, EXAMPLE_TEXT, exampleWith } from "./example.ts";

const PLANTED = "planted-Secret/9f";

/** Every path that holds a string, so that a misplaced secret is covered too. */
const TEXTS: (string | number)[][] = [
  ["version"],
  ["state", "bucket"],
  ["state", "endpoint"],
  ["state", "region"],
  ["state", "prefix"],
  ["clusters", "source", "url"],
  ["clusters", "source", "password"],
  ["clusters", "target", "apiKey"],
  ["clusters", "target", "ca"],
  ["clusters", "target", "fingerprint"],
  ["clusters", "target", "aws", "region"],
  ["clusters", "target", "aws", "accessKeyId"],
  ["clusters", "target", "aws", "secretAccessKey"],
  ["clusters", "target", "aws", "sessionToken"],
  ["repositories", "movies-aws", "cluster"],
  ["repositories", "movies-aws", "blobs", "sessionToken"],
  ["repositories", "movies-aws", "register", "type"],
  ["repositories", "nightly-oss", "register", "settings", "chunk_size"],
  ["repositories", "nightly-oss", "register", "settings", "base_path"],
  ["repositories", "nightly-oss", "register", "settings", "endpoint"],
  ["repositories", "nightly-oss", "register", "settings", "compress"],
  ["repositories", "nightly-oss", "register", "settings", "delegate_type"],
  ["backups", "nightly", "repository"],
  ["backups", "nightly", "schedule", "cron"],
  ["backups", "nightly", "schedule", "timeZone"],
  ["backups", "nightly", "patience"],
  ["copies", "aws-to-oss", "from"],
  ["copies", "aws-to-oss", "after"],
  ["copies", "aws-to-oss", "snapshots"],
  ["watches", "moved-movies", "register", "name"],
  ["watches", "moved-movies", "restore", "which"],
  ["http", "tokens", 0, "sha256"],
  ["http", "tokens", 0, "role"],
  ["notify", 0, "type"],
  ["notify", 0, "url"],
];

describe("secrets stay out of messages", () => {
  it.each([...TEXTS])("a value from the environment never appears: %s.%s.%s", (...path) => {
    for (const shape of [`\${LEAK}`, `/x\${LEAK}|`, `http://me:\${LEAK}@host/`]) {
      const report = checkConfig(exampleWith(path, shape), { ...EXAMPLE_ENVIRONMENT, LEAK: PLANTED });
      expect(JSON.stringify([report.faults, report.warnings, report.faults.map(printConfigFault)])).not.toContain(PLANTED);
    }
  });

  it.each([...TEXTS])("a value from KMS never appears: %s.%s.%s", (...path) => {
    for (const shape of [`\${kms:leak}`, `/x\${kms:leak}|`, `http://me:\${kms:leak}@host/`]) {
      const report = checkConfig(exampleWith(path, shape), { ...EXAMPLE_ENVIRONMENT, ...kmsVariables({ leak: PLANTED }) });
      expect(JSON.stringify([report.faults, report.warnings, report.faults.map(printConfigFault)])).not.toContain(PLANTED);
    }
  });

  it.each([
    [`\${kms:leak}`, ["state", "bucket"], /a secret of KMS in a field that is shown: "\$\{kms:leak\}"/],
    [`\${kms:two words}`, ["clusters", "source", "password"], /not the name of a secret of KMS: "\$\{kms…\}", write \$\{kms:NAME\}/],
    [`\${kms:leak}`, ["clusters", "source", "password"], /secret leak of KMS is not read here: "\$\{kms:leak\}"/],
  ])("%s in %s is one fault", (shape, path, expected) => {
    const { faults } = checkConfig(exampleWith(path, shape), EXAMPLE_ENVIRONMENT);
    expect(faults.map(printConfigFault)).toEqual([expect.stringMatching(expected)]);
  });

  it("a bundle keeps the name of a secret of KMS as it is written", () => {
    expect(resolvedConfigText(exampleWith(["clusters", "source", "password"], `\${kms:prod/es}`))).toContain(`"\${kms:prod/es}"`);
  });

  it("the placeholder is shown instead", () => {
    const { faults } = checkConfig(exampleWith(["backups", "nightly", "patience"], `\${LEAK}`), { ...EXAMPLE_ENVIRONMENT, LEAK: PLANTED });
    expect(faults.map(printConfigFault)).toEqual([
      expect.stringMatching(/^backups\.nightly\.patience \(line \d+\): not a duration: "\$\{LEAK\}", write a number/),
    ]);
  });

  it.each(["a", "9$", "xyz"])("a short value is replaced where it is a whole word: %s", (value) => {
    const { faults } = checkConfig(exampleWith(["state", "region"], `\${LEAK}`), { ...EXAMPLE_ENVIRONMENT, LEAK: value });
    const found = faults.find(({ path }) => path === "state.endpoint");
    expect(found?.wrong).toBe(`lies in cn-hangzhou, the region beside it is \${LEAK}`);
  });

  it("a region from the environment is not quoted in the fault of its neighbour", () => {
    const text = exampleWith(["state", "region"], `\${LEAK}`);
    const { faults } = checkConfig(text, { ...EXAMPLE_ENVIRONMENT, LEAK: PLANTED });
    expect(faults.map(({ path }) => path)).toEqual(["state.endpoint"]);
    expect(faults[0]?.wrong).toBe(`lies in cn-hangzhou, the region beside it is \${LEAK}`);
  });

  it.each([
    [["clusters", "source", "password"], 12_345_678],
    [["repositories", "movies-aws", "blobs", "secretAccessKey"], ["12345678"]],
    [["repositories", "movies-aws", "blobs", "sessionToken"], ["12345678"]],
    [["repositories", "movies-aws", "blobs"], { store: "s3", bucket: "b", region: "us-east-1", sessionToken: "12345678" }],
    [["clusters", "source", "url"], "ftp://me:12345678@host"],
    [["clusters", "source", "url"], "http://me:12345678@host"],
    [["http", "tokens", 0, "sha256"], "12345678"],
    [["notify", 0, "url"], "hooks.example.com/12345678"],
    [["notify", 0, "secret"], 12_345_678],
    [["clusters", "source", "passwrd"], "12345678"],
    [["repositories", "nightly-oss", "register", "settings", "secret_acces_key"], "12345678"],
    [["clusters", "source"], "12345678"],
    [["clusters", "source", "apiKey"], "id:12345678"],
    [["clusters", "target", "aws"], { region: "us-east-1", secretAccessKey: "12345678" }],
    [["clusters", "target", "aws"], { region: "us-east-1", accessKeyId: "A", secretAccessKey: 12_345_678 }],
    [["clusters", "target", "aws", "sessionToken"], "12345678"],
    [["clusters", "target"], { url: "http://127.0.0.1:9253", apiKey: 12_345_678 }],
    [["clusters", "target", "apikey"], "12345678"],
    [["clusters", "target", "ca"], "-----BEGIN PRIVATE KEY-----12345678"],
    [["repositories", "nightly-oss", "register", "settings", "oss.client.secret_access_key"], "12345678"],
  ])("a literal secret in an invalid place is not shown: %j", (path, value) => {
    const { faults } = checkConfig(exampleWith(path, value), EXAMPLE_ENVIRONMENT);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.map(printConfigFault).join()).not.toContain("12345678");
  });

  it.each([
    "hunter2-very-secret",
    "OSS_KEY=LTAI5t\nOSS_SECRET=hunter2-very-secret",
    "\uFEFFh\0u\0hunter2-very-secret",
    "- hunter2-very-secret",
    "hunter2-very-secret: LTAI5t\nadmin: x",
  ])("a file that is not a configuration is not quoted: %j", (text) => {
    const { faults } = checkConfig(text, {});
    expect(faults.map(printConfigFault)).toEqual([
      expect.stringMatching(/not a configuration|not a text in UTF-8, save the file as UTF-8/),
    ]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });

  it.each([`\${SOURCE_PASSWORD:-hunter2secret}`, `\${SOURCE_PASSWORD-hunter2secret}`, `hunter2secret\${UNSET}`, `\${UNSET}hunter2secret`])(
    "what stands beside a variable, or is its default value, is not shown: %s",
    (value) => {
      for (const path of [
        ["clusters", "source", "password"],
        ["notify", 0, "url"],
      ]) {
        const { faults } = checkConfig(exampleWith(path, value), EXAMPLE_ENVIRONMENT);
        expect(faults.length).toBeGreaterThan(0);
        expect(JSON.stringify(faults)).not.toContain("hunter2");
      }
    },
  );

  it("names the variable of a placeholder with a default value", () => {
    const { faults } = checkConfig(exampleWith(["state", "bucket"], `\${BUCKET:-hunter2secret}`), EXAMPLE_ENVIRONMENT);
    expect(faults.map(printConfigFault)).toEqual([
      expect.stringMatching(/^state\.bucket \(line \d+\): not a variable's name: "\$\{BUCKET…\}"/),
    ]);
  });

  it("a name of the file that contains a variable's value is shown as it is", () => {
    const tree = JSON.parse(exampleWith(["watches", "moved-movies", "restore", "alias"], `\${A}`));
    const watch = tree.watches["moved-movies"];
    tree.watches.other = { ...watch, register: { ...watch.register, name: "other" } };
    const { faults } = checkConfig(JSON.stringify(tree), { ...EXAMPLE_ENVIRONMENT, A: "movies" });
    expect(faults.map(({ wrong }) => wrong)).toContainEqual(
      expect.stringContaining("the alias of watches.moved-movies on the same cluster"),
    );
  });

  it("a text that is not YAML is not quoted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: EXAMPLE_TEXT.length }),
        fc.constantFrom("\t", ": : ", "{", '"', "&a *a", "\n- "),
        (position, breaker) => {
          const text = EXAMPLE_TEXT.replaceAll(/\$\{[A-Z0-9_]+\}/g, PLANTED);
          const { faults, warnings } = checkConfig(text.slice(0, position) + breaker + text.slice(position), {});
          const syntax = faults.filter(({ reason }) => reason.code === "config.syntax");
          expect(JSON.stringify([syntax, warnings])).not.toContain(PLANTED);
        },
      ),
    );
  });
});

describe("the bundled configuration", () => {
  it("is JSON with every placeholder unchanged, and loads to the same result", () => {
    const text = resolvedConfigText(EXAMPLE_TEXT);
    for (const name of Object.keys(EXAMPLE_ENVIRONMENT)) expect(text).toContain(`"\${${name}}"`);
    expect(checkConfig(JSON.stringify(JSON.parse(text)), EXAMPLE_ENVIRONMENT).config).toEqual(
      checkConfig(EXAMPLE_TEXT, EXAMPLE_ENVIRONMENT).config,
    );
  });

  it("is rejected only for faults that do not depend on the environment", () => {
    expect(() => resolvedConfigText(EXAMPLE_TEXT.replace("attempts: 3", "atempts: 3"))).toThrow(
      'backups.nightly.atempts (line 27): unknown key, did you mean "attempts"?',
    );
    expect(() => resolvedConfigText(exampleWith(["clusters", "source", "password"], `\${a b}`))).toThrow("not a variable's name");
    for (const path of TEXTS.filter(([section]) => section === "state" || section === "copies")) {
      expect(() => resolvedConfigText(exampleWith(path, `\${LATER}`))).not.toThrow();
    }
  });
});
