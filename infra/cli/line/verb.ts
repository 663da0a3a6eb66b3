import * as z from "zod";
import { AppError } from "../../../shared/model/errors.ts";
import type { Answer } from "../answer.ts";
import type { Session } from "../session.ts";
import type { OptionSpec } from "./options.ts";

export interface Verb {
  /** Words and arguments in commander's syntax: `jobs show <id>`. */
  signature: string;
  description: string;
  /** The words of one typical line. */
  example: readonly string[];
  options: readonly OptionSpec[];
  /** Whether it needs none of the variables that ossnap.yaml names. */
  isPlan: boolean;
  /**
   * Checks the whole line, then returns what runs it; nothing runs and nothing is read before.
   * @throws AppError `invalid` with each fault: the option, the value and the fix.
   */
  read(args: readonly string[], options: Readonly<Record<string, unknown>>): (session: Session) => Promise<Answer>;
}

type Arguments = Readonly<Record<string, z.ZodType>>;
type Options = Readonly<Record<string, OptionSpec>>;
type Input<A extends Arguments, O extends Options> = { [K in keyof A]: z.output<A[K]> } & { [K in keyof O]: z.output<O[K]["value"]> };

export interface VerbSpec<A extends Arguments, O extends Options> {
  description: string;
  example: readonly string[];
  /** In the order of the signature. */
  args?: A;
  /** By commander's name of each option: `takeOver` for `--take-over`. */
  options?: O;
  isPlan?: boolean;
  /** A fault of options that do not go together. */
  check?: (input: Input<A, O>) => string | undefined;
}

/** A verb gets its arguments and options only as checked values, so it cannot find a fault in them after its first write. */
export function verb<A extends Arguments = Record<never, never>, O extends Options = Record<never, never>>(
  signature: string,
  { description, example, args, options, isPlan = false, check }: VerbSpec<A, O>,
  run: (session: Session, input: Input<A, O>) => Promise<Answer>,
): Verb {
  const values = Object.entries(options ?? {}).map(([key, { value }]) => [key, value] as const);
  const schema = z.strictObject({ ...args, ...Object.fromEntries(values) });
  const argNames = Object.keys(args ?? {});
  const labels = new Map([
    ...argNames.map((key) => [key, key] as const),
    ...Object.entries(options ?? {}).map(([key, { flags }]) => [key, flags.split(" ")[0] ?? key] as const),
  ]);
  return {
    signature,
    description,
    example,
    options: Object.values(options ?? {}),
    isPlan,
    read(words, given) {
      const named = [...argNames.map((key, at) => [key, words[at]] as const), ...values.map(([key]) => [key, given[key]] as const)];
      const found = schema.safeParse(Object.fromEntries(named.filter(([, value]) => value !== undefined)));
      if (!found.success) {
        const [first = "", ...lines] = faultsOf(found.error, labels);
        throw new AppError("invalid", first, { lines });
      }
      const input = found.data as Input<A, O>;
      const fault = check?.(input);
      if (fault !== undefined) throw new AppError("invalid", fault);
      return (session) => run(session, input);
    },
  };
}

function faultsOf({ issues }: z.ZodError, labels: ReadonlyMap<string, string>): string[] {
  return issues.map(({ path: [key], message }) => `${labels.get(String(key)) ?? "line"}: ${message}`);
}
