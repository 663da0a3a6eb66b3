import type http from "node:http";
import type { IncomingMessage } from "node:http";
import type { OnReadOpts, Socket } from "node:net";

/** As much as the system hands over at once. */
const READ_BYTES = 64 * 1024;

/** What a connection's reader knows of it. */
interface Reading {
  /** Whoever takes the body copies each piece at once. */
  isTaken: boolean;
  /** While pieces of the shared memory are handed over. */
  isHanding: boolean;
}

const readings = new WeakMap<Socket, Reading>();
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

type Connecting = { createConnection(options: object, connected?: unknown): Socket };

/**
 * Lets every connection of an agent read into the same memory. Otherwise Node allocates 64 KB for each read: of a large blob as much again as it has,
 * and most of the work of garbage collection. Pieces are handed on as copies, unless {@link takeDirectly} says that their taker makes one.
 */
export function readingIntoSharedMemory<Agent extends http.Agent>(agent: Agent): Agent {
  const connecting = agent as unknown as Connecting;
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, connected) => {
    const onread: OnReadOpts = { buffer: shared, callback: handOver };
    const socket = connect({ ...options, onread }, connected);
    readings.set(socket, { isTaken: false, isHanding: false });
    return socket;
  };
  return agent;
}

/** As a connection without `onread` emits them: Node's HTTP client parses what it is given within the event. */
function handOver(this: unknown, bytes: number, buffer: Uint8Array): boolean {
  const socket = this as Socket;
  const reading = readings.get(socket);
  const piece = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
  if (reading?.isTaken !== true) return emitted(socket, Buffer.from(piece));
  reading.isHanding = true;
  emitted(socket, piece);
  reading.isHanding = false;
  return true;
}

function emitted(socket: Socket, piece: Buffer): true {
  socket.emit("data", piece);
  return true;
}

export interface Taking {
  /** Whether a piece still holds its bytes: one that was kept back for later does not. */
  isValid(piece: Uint8Array): boolean;
  end(): void;
}

/** From here on the taker of this body copies each piece at once. Only from within its first `data` event, when nothing is kept back any more. */
export function takeDirectly({ socket }: IncomingMessage): Taking {
  const reading = readings.get(socket);
  if (reading) reading.isTaken = true;
  return {
    isValid: (piece) => piece.buffer !== shared.buffer || reading?.isHanding === true,
    end() {
      if (reading) reading.isTaken = false;
    },
  };
}
