// One Function Compute instance: loads a bundle once and runs one request at a time. Plain JavaScript, so that no loader of the host
// affects the bundle. Messages with instance.ts: in {requestId, event, context}; out {type: ready | loadFailed | done | failed | log, …}.
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const [bundle, exportName] = process.argv.splice(2);
const send = process.send.bind(process);

// Ctrl-C in a terminal reaches the whole group; the host ends its instances itself, in order.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
// The host is gone.
process.on("disconnect", () => process.exit(0));

let requestId = "";

const log = (level, parts) => send({ type: "log", requestId, level, text: format(...parts) });

const logger = {
  debug: (...parts) => log("debug", parts),
  info: (...parts) => log("info", parts),
  log: (...parts) => log("info", parts),
  warn: (...parts) => log("warn", parts),
  error: (...parts) => log("error", parts),
};
Object.assign(console, logger);

function faultOf(error) {
  if (!(error instanceof Error)) return { errorType: "Error", errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, stack: error.stack };
}

/** The platform's conversion of a handler's value: bytes and strings unchanged, anything else as JSON. */
function bytesOf(value) {
  if (value === undefined) return Buffer.alloc(0);
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

/** A handler with three parameters responds through its callback, any other through its value or promise. */
function call(handler, event, context) {
  if (handler.length < 3) return handler(event, context);
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error) : resolve(value));
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") returned.then(resolve, reject);
  });
}

async function loadHandler() {
  const loaded = await import(pathToFileURL(bundle).href);
  const handler = loaded[exportName] ?? loaded.default?.[exportName];
  if (typeof handler !== "function") throw new Error(`Handler '${exportName}' is missing in ${bundle}`);
  return handler;
}

async function serve(handler, message) {
  requestId = message.requestId;
  try {
    const { buffer, byteOffset, byteLength } = message.event;
    const event = Buffer.from(buffer, byteOffset, byteLength);
    const body = bytesOf(await call(handler, event, { ...message.context, logger }));
    send({ type: "done", body });
  } catch (error) {
    log("error", [error]);
    send({ type: "failed", ...faultOf(error) });
  }
}

try {
  const handler = await loadHandler();
  process.on("message", (message) => void serve(handler, message));
  send({ type: "ready" });
} catch (error) {
  log("error", [error]);
  send({ type: "loadFailed", ...faultOf(error) });
}
