import { httpEvent } from "../shared/runtime/events.ts";
import { door } from "../shared/runtime/handler.ts";
import { answer, answerFault } from "../shared/runtime/http/router.ts";

/** HTTP: runs or dry-runs any verb on request and reports status. */
export const handler = door("http", httpEvent, (event, opened) => answer(event, opened), answerFault);
