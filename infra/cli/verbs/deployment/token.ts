import { createHash, randomBytes } from "node:crypto";
import type { Answer } from "../../answer.ts";
import { requireHere } from "../../at/ask.ts";
import { EXIT } from "../../exitCodes.ts";
import type { Session } from "../../session.ts";

/** As many as of the hash that the configuration has; a guess is as good as none. */
const TOKEN_BYTES = 32;

/** A token for the HTTP function, and what its configuration has in its place. */
export function newToken(): { token: string; sha256: string } {
  const made = randomBytes(TOKEN_BYTES).toString("base64url");
  return { token: made, sha256: createHash("sha256").update(made).digest("hex") };
}

/** Makes a token for the HTTP function; reads and writes nothing. */
export async function token(session: Session): Promise<Answer> {
  requireHere(session, "a token is made where it is asked for");
  const made = newToken();
  const text = () =>
    [
      "Token, shown once and stored nowhere; callers of the HTTP function send it as x-ossnap-token:",
      `  ${made.token}`,
      "Its SHA-256, for the deployment: the value of the variable that http.tokens of ossnap.yaml names:",
      `  ${made.sha256}`,
    ].join("\n");
  return { schema: "token/1", data: made, exitCode: EXIT.ok, text };
}
