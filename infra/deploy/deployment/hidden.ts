import { isSecretPath } from "../../../shared/runtime/config/environment.ts";
import { readSource } from "../../../shared/runtime/config/source.ts";
import { mapTexts } from "../../../shared/runtime/config/tree.ts";
import { redactor } from "../../../shared/runtime/redact.ts";
import { secretsIn } from "../../cli/environment.ts";
import { STATE_VARIABLE } from "../renderServerless.ts";
import type { Inputs } from "./inputs.ts";
import type { Keys } from "./runServerless.ts";

/** Shorter lines of a secret in several lines, such as a key in PEM form, are no secret. */
const LINE_CHARACTERS_MIN = 8;

/**
 * Hides every value of a variable that may be a secret: those that ossnap.yaml uses as one or does not use at all, as they are to be and as
 * they are deployed now (`s` prints both), and the deployer's keys.
 */
export function hider(inputs: Inputs, keys: Keys, deployed: readonly Readonly<Record<string, string>>[]): (text: string) => string {
  const open = new Set([STATE_VARIABLE, ...openVariables(inputs.configText)]);
  const variables = [...inputs.functions.map(({ environmentVariables = {} }) => environmentVariables), ...deployed];
  const values = variables.flatMap((one) => Object.entries(one).flatMap(([name, value]) => (open.has(name) ? [] : [value])));
  const all = [...values, ...secretsIn(inputs.env), keys.accessKeySecret, keys.securityToken ?? ""];
  const lines = all.flatMap((value) =>
    value.includes("\n") ? value.split("\n").filter((line) => line.length >= LINE_CHARACTERS_MIN) : [],
  );
  return redactor([...all, ...lines]);
}

/** The variables that ossnap.yaml uses only where a value is shown anyway. */
function openVariables(configText: string): string[] {
  const [open, secret] = [new Set<string>(), new Set<string>()];
  mapTexts(readSource(configText).source?.tree, (text, segments) => {
    for (const [, name = ""] of text.matchAll(/\$\{([A-Za-z_]\w*)\}/g)) (isSecretPath(segments) ? secret : open).add(name);
    return text;
  });
  return [...open].filter((name) => !secret.has(name));
}
