import { LineCounter, parseDocument } from "yaml";
import { type Fault, fault } from "../../shared/repository/fault.ts";
import { syntaxFault } from "../../shared/runtime/config/source.ts";
import { pathText, type Segments } from "../../shared/runtime/config/tree.ts";

export interface ResolvedTemplate {
  document: unknown;
  /** Every name used in `env()`, with or without a default. */
  environmentNames: string[];
  faults: Fault[];
}

/** `${vars.region}`, `${env('NAME')}`, `${env('NAME', 'default')}` and, last, anything else in braces. */
const EXPRESSION = /\$\{\s*(?:vars\.([\w.-]+)|env\(\s*(['"])([^'"]*)\2\s*(?:,\s*(['"])(.*?)\4\s*)?\)|([^}]*))\s*\}/g;

/**
 * Parses an s.yaml (including anchors and merge keys) and resolves the two kinds of expressions that ossnap's s.yaml uses.
 * An unset variable without a default becomes `unset-name`, so that the file can be checked on any machine.
 */
export function resolveTemplate(text: string, env: Readonly<Record<string, string | undefined>> = {}): ResolvedTemplate {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { merge: true, lineCounter: lines });
  const faults = parsed.errors.map(({ pos, code }) => {
    const [wrong, fix] = syntaxFault(code);
    return fault(`line ${lines.linePos(pos[0]).line}`, "serverless.syntax", wrong, fix);
  });
  if (faults.length > 0) {
    return { document: undefined, environmentNames: [], faults };
  }
  const document: unknown = parsed.toJS();
  const scope: Scope = { vars: child(document, "vars"), env, names: new Set(), faults };
  return { document: resolveValue(document, [], scope), environmentNames: [...scope.names], faults };
}

interface Scope {
  vars: unknown;
  env: Readonly<Record<string, string | undefined>>;
  names: Set<string>;
  faults: Fault[];
}

function resolveValue(value: unknown, path: Segments, scope: Scope): unknown {
  if (typeof value === "string") {
    return resolveText(value, path, scope);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => resolveValue(item, [...path, index], scope));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveValue(item, [...path, key], scope)]));
  }
  return value;
}

function resolveText(text: string, path: Segments, scope: Scope): string {
  return text.replace(EXPRESSION, (whole, variable: string | undefined, _q, name: string | undefined, _d, fallback: string | undefined) => {
    if (name !== undefined) {
      scope.names.add(name);
      return scope.env[name] ?? fallback ?? `unset-${name.toLowerCase()}`;
    }
    const value = variable?.split(".").reduce(child, scope.vars);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return String(value);
    }
    const fix = variable === undefined ? "only vars.x and env('X', 'default') may stand in braces" : `add ${variable} to vars`;
    // An anchored section is visited once for each place that merges it.
    if (!scope.faults.some(({ value }) => value === whole)) {
      scope.faults.push(fault(pathText(path), "serverless.expression", "expression cannot be resolved", fix, { value: whole }));
    }
    return whole;
  });
}

function child(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
