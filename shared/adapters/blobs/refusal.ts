/** An answer of 300 or more of a store that is asked without its vendor's client. The message is the store's own; "" without one. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;

  constructor(answer: Pick<Refusal, "status" | "code" | "requestId" | "headers">, message: string) {
    super(message);
    this.status = answer.status;
    this.code = answer.code;
    this.requestId = answer.requestId;
    this.headers = answer.headers;
  }
}
