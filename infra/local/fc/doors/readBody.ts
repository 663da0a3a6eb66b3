import type { IncomingMessage } from "node:http";

/** The body, or `undefined` when it is too long. Always reads to the end; otherwise the client would see a broken connection. */
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
