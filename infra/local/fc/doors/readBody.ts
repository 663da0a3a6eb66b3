import type { IncomingMessage } from "node:http";

/** The whole body, or `undefined` when it is longer than allowed; read to its end all the same, or the client would see a cut instead of the answer. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= bytesMax) chunks.push(chunk);
      else chunks = [];
    });
    request.on("end", () => resolve(sizeBytes > bytesMax ? undefined : Buffer.concat(chunks)));
    request.on("error", reject);
  });
}
