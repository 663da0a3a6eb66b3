import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FunctionSpec } from "../../../../infra/local/fc/functionSpec.ts";
import { type FunctionHost, type FunctionHostOptions, startFunctionHost } from "../../../../infra/local/fc/host.ts";

export const ACCOUNT = {
  accountId: "1234567890123456",
  region: "cn-hangzhou",
  credentials: { accessKeyId: "LTAItest", accessKeySecret: "secret-of-the-test", securityToken: "token-of-the-test" },
};

export interface TestHost {
  host: FunctionHost;
  lines: string[];
  close(): Promise<void>;
}

type Sources = Record<string, { code: string } & Partial<FunctionSpec>>;

/** A host over CommonJS handlers written to a fresh directory; `code` is the body of `async (event, context)`. */
export function startTestHost(sources: Sources, options: Partial<FunctionHostOptions> = {}): TestHost {
  const directory = mkdtempSync(join(tmpdir(), "fc-host-"));
  const functions = Object.entries(sources).map(([name, { code, ...spec }]) => {
    const bundle = join(directory, `${name}.js`);
    const source = code.startsWith("module:") ? code.slice("module:".length) : `exports.handler = async (event, context) => {${code}};`;
    writeFileSync(bundle, source);
    return { name, bundle, handler: "index.handler", timeoutSeconds: 20, memoryMb: 256, ...spec };
  });
  const lines: string[] = [];
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const host = startOrRemove({ functions, env: {}, ...ACCOUNT, onLog: (line) => lines.push(line), retryBaseMs: 1, ...options }, remove);
  return {
    host,
    lines,
    async close() {
      await host.close();
      remove();
    },
  };
}

function startOrRemove(options: FunctionHostOptions, remove: () => void): FunctionHost {
  try {
    return startFunctionHost(options);
  } catch (error) {
    remove();
    throw error;
  }
}
