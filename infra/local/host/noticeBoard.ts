import { createServer } from "node:http";
import { closeServer, listen } from "../fc/doors/listen.ts";
import { readBody } from "../fc/doors/readBody.ts";

const NOTICE_BYTES_MAX = 256 * 1024;

export interface ReceivedNotice {
  type: string;
  key: string;
  status: string;
  text: string;
  signature: string | undefined;
}

export interface NoticeBoard {
  readonly notices: readonly ReceivedNotice[];
  close(): Promise<void>;
}

/** The receiver of the example configuration's webhook: stores each notice and passes it on. */
export async function startNoticeBoard(port: number, onNotice: (notice: ReceivedNotice) => void): Promise<NoticeBoard> {
  const notices: ReceivedNotice[] = [];
  const server = createServer((request, response) => {
    readBody(request, NOTICE_BYTES_MAX)
      .then((body) => {
        const event = JSON.parse((body ?? Buffer.from("{}")).toString("utf8")) as {
          type?: string;
          data?: { key?: string; status?: string; text?: { en?: string } };
        };
        const signature = request.headers["x-ossnap-signature"];
        const notice = {
          type: event.type ?? "",
          key: event.data?.key ?? "",
          status: event.data?.status ?? "",
          text: event.data?.text?.en ?? "",
          signature: typeof signature === "string" ? signature : undefined,
        };
        notices.push(notice);
        onNotice(notice);
        response.writeHead(204).end();
      })
      .catch(() => response.writeHead(400).end());
  });
  await listen(server, "notices", port, "127.0.0.1");
  return { notices, close: () => closeServer(server) };
}
