import { type Fault, fault } from "../../shared/repository/fault.ts";
import { type FunctionName, limitsOf } from "./functionLimits.ts";
import type { FunctionProps } from "./serverlessSchema.ts";

/** Function Compute requires between 1 and 4 GB of memory per vCPU. */
const GIGABYTES_PER_CPU = { min: 1, max: 4 };

/** The methods of the HTTP function's routes. */
const HTTP_METHODS = ["GET", "POST", "DELETE"] as const;

/** Checks one function's figures: timeout, memory, asynchronous settings, instance limit and code location. */
export function checkFigures(path: string, name: FunctionName, props: FunctionProps): Fault[] {
  const figures = limitsOf(name);
  const rows: [string, unknown, unknown][] = [
    ["code", props.code, `./dist/${name}`],
    ["timeout", props.timeout, figures.timeoutSeconds],
    ["memorySize", props.memorySize, figures.memoryMegabytes],
    ["concurrencyConfig.reservedConcurrency", props.concurrencyConfig?.reservedConcurrency, figures.reservedConcurrency],
  ];
  const found = props.asyncInvokeConfig;
  if (figures.async !== undefined) {
    rows.push(
      ["asyncInvokeConfig.maxAsyncRetryAttempts", found?.maxAsyncRetryAttempts, figures.async.retries],
      ["asyncInvokeConfig.maxAsyncEventAgeInSeconds", found?.maxAsyncEventAgeInSeconds, figures.async.eventAgeSeconds],
      ["asyncInvokeConfig.asyncTask", found?.asyncTask ?? false, figures.async.task],
      // fc3 adds it to what it reads back: without it a second deployment without a terminal writes nothing and exits with 0.
      ["asyncInvokeConfig.qualifier", found?.qualifier, "LATEST"],
    );
  } else if (found !== undefined) {
    rows.push(["asyncInvokeConfig", found, undefined]);
  }
  const faults = rows
    .filter(([, value, wanted]) => value !== wanted)
    .map(([key, value, wanted]) => figureFault(`${path}.${key}`, value, wanted));
  return [...faults, ...checkCpu(path, props), ...(name === "http" ? checkHttp(path, props) : [])];
}

function figureFault(path: string, value: unknown, wanted: unknown): Fault {
  const fix = wanted === undefined ? "remove it" : `set it to ${String(wanted)}`;
  const shown = value === undefined ? null : String(typeof value === "object" ? JSON.stringify(value) : value);
  return fault(path, "serverless.figure", value === undefined ? "is not set" : "is not what this function needs", fix, { value: shown });
}

function checkCpu(path: string, { cpu, memorySize }: FunctionProps): Fault[] {
  const gigabytes = memorySize / 1024;
  if (gigabytes / cpu >= GIGABYTES_PER_CPU.min && gigabytes / cpu <= GIGABYTES_PER_CPU.max) {
    return [];
  }
  const fix = `take ${gigabytes / GIGABYTES_PER_CPU.max} to ${gigabytes / GIGABYTES_PER_CPU.min} vCPU, in steps of 0.05`;
  const wrong = `vCPU : GB must lie within 1:1 and 1:4, and memorySize is ${memorySize}`;
  return [fault(`${path}.cpu`, "serverless.cpu", wrong, fix, { value: String(cpu) })];
}

function checkHttp(path: string, { triggers = [] }: FunctionProps): Fault[] {
  const config = triggers.find((trigger) => trigger.triggerType === "http")?.triggerConfig;
  const missing = HTTP_METHODS.filter((method) => !(config?.methods.includes(method) ?? false));
  if (missing.length === 0) {
    return [];
  }
  const wrong = `no http trigger for ${missing.join(", ")}`;
  return [fault(`${path}.triggers`, "serverless.http", wrong, `give one methods: [${HTTP_METHODS.join(", ")}]`)];
}
