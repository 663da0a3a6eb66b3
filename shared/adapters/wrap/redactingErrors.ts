import { AppError } from "../../model/errors.ts";
import { redactedTexts } from "../../model/plainText.ts";

type Redact = (text: string) => string;

/** A chain of causes that refers to itself would never end. */
const CAUSES_MAX = 8;

/**
 * Redacts the texts of another system where they enter: every error of a port (some clients repeat their arguments in it), and every text
 * that it answers (`aliasFault`, the failures of a snapshot). From there on they are part of sentences of ours, in which a secret can no
 * longer be told from a word or a name.
 */
export function redactingErrors<T extends object>(port: T, redact: Redact): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        try {
          return answered(Reflect.apply(member, target, args), redact);
        } catch (error) {
          throw cleaned(error, redact);
        }
      };
    },
  });
}

function answered(result: unknown, redact: Redact): unknown {
  if (result instanceof Promise)
    return result.then(
      (value: unknown) => (isIterable(value) ? iterated(value, redact) : redactedAnswer(value, redact)),
      (error: unknown) => Promise.reject(cleaned(error, redact)),
    );
  return isIterable(result) ? iterated(result, redact) : result;
}

/** A bare text is an explanation for people; names are answered in lists and objects. */
function redactedAnswer(value: unknown, redact: Redact): unknown {
  return typeof value === "string" ? redact(value) : redactedTexts(value, redact);
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Its items are blobs and bytes, and pass unchanged. */
function iterated(items: AsyncIterable<unknown>, redact: Redact): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      const failed = (error: unknown) => Promise.reject(cleaned(error, redact));
      return {
        next: () => iterator.next().catch(failed),
        return: (value?: unknown) => iterator.return?.(value).catch(failed) ?? Promise.resolve({ done: true, value: undefined }),
      };
    },
  };
}

/** The same error, because callers compare its class and its code. */
function cleaned(error: unknown, redact: Redact): unknown {
  let one = error;
  for (let depth = 0; one instanceof Error && depth < CAUSES_MAX; depth += 1) {
    for (const name of ["message", "stack"] as const) {
      const text = one[name];
      if (text !== undefined && redact(text) !== text) Object.defineProperty(one, name, { value: redact(text) });
    }
    if (one instanceof AppError && one.reason !== undefined)
      Object.defineProperty(one, "reason", { value: redactedTexts(one.reason, redact), enumerable: true });
    one = one.cause;
  }
  return error;
}
