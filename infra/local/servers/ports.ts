import { createServer } from "node:net";
import { AppError, messageOf } from "../../../shared/model/errors.ts";

const LOOPBACK = "127.0.0.1";

/** A currently free TCP port on 127.0.0.1; another process may take it before it is used. */
export async function freePort(): Promise<number> {
  return await listenOnce(0);
}

/** Errors: `conflict`, with the port and its intended user, when the port is in use. */
export async function requireFreePort(port: number, wantedBy: string): Promise<void> {
  try {
    await listenOnce(port);
  } catch (cause) {
    const inUse = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    const fault = inUse ? "is in use: stop the program that listens there, or move all ports with OSSNAP_PORT_BASE" : messageOf(cause);
    throw new AppError("conflict", `port ${port} (${wantedBy}) ${fault}`, { cause });
  }
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer();
  return await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
