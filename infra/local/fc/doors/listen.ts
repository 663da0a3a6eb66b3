import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AppError, messageOf } from "../../../../shared/model/errors.ts";

/** Binds a server; returns its port (0 selects any). Errors: `conflict` when the port is in use, `invalid` when it cannot be bound. */
export function listen(server: Server, what: string, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "EADDRINUSE") {
        reject(new AppError("conflict", `port ${port} (${what}) is in use: stop what listens there or set OSSNAP_PORT_BASE`, { cause }));
      } else {
        reject(new AppError("invalid", `port ${port} (${what}) cannot be bound on ${address}: ${messageOf(cause)}`, { cause }));
      }
    });
    server.listen({ port, host: address, exclusive: true }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Stops listening and closes keep-alive connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
