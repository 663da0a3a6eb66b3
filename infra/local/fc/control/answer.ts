/** A request to the control plane, whichever of its services it is for. */
export interface ControlRequest {
  method: string;
  path: string;
  query: Readonly<Record<string, string>>;
  /** `x-acs-action`, or "". */
  action: string;
  body: Buffer;
}

export interface ControlAnswer {
  status: number;
  body?: unknown;
}

/** A refusal in the services' form, `{Code, Message}`. */
export class ControlFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Errors: a fault of 400 for a body that is no JSON object. */
export function objectOf({ body }: ControlRequest): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Refused below.
  }
  throw new ControlFault(400, "InvalidArgument", "the body is no JSON object");
}
