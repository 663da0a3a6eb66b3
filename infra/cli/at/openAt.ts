import { AppError } from "../../../shared/model/errors.ts";
import { type Environment, localEnvironmentFile, readEnvironment, secretsIn } from "../environment.ts";
import type { Terminal } from "../screen/terminal.ts";
import type { Api } from "./api.ts";

/** The options that say where a verb runs. */
export interface AtOptions {
  /** Verbs are asked of the HTTP function: of the deployed one, or of the one that `npm start` runs. */
  at?: string;
  /** Its address, with `--at fc`. */
  url?: string;
  config?: string;
  envFile?: string;
}

const LOOPBACK = /^(127(\.\d+){3}|localhost|\[::1\])$/;

/** The HTTP function that the line names. What it lacks is said when the first verb asks it: help needs neither address nor keys. */
export function openAt(options: AtOptions, shell: Environment, terminal: Terminal): Api {
  let api: Promise<Api> | undefined;
  return async (call, notes) => {
    api ??= opened(options, shell, terminal);
    return await (await api)(call, notes);
  };
}

/** Options that have no meaning together. Errors: `invalid`. */
export function refuseMixture({ at, url, config }: AtOptions): void {
  if (url !== undefined && at !== "fc")
    throw new AppError("invalid", "--url: is the address of the deployed HTTP function; add --at fc, or leave --url out");
  if (at !== undefined && config !== undefined)
    throw new AppError("invalid", "--config: the functions have their own configuration; leave --config or --at out");
}

async function opened(options: AtOptions, shell: Environment, terminal: Terminal): Promise<Api> {
  const environment = environmentOf(options, shell);
  const token = required(environment, "OSSNAP_TOKEN", "a token of http.tokens in ossnap.yaml");
  terminal.hide([...secretsIn(environment), token]);
  const keys = {
    accessKeyId: required(environment, "ALIBABA_CLOUD_ACCESS_KEY_ID", "the key of a RAM user who may call the HTTP trigger"),
    accessKeySecret: required(environment, "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "the secret of ALIBABA_CLOUD_ACCESS_KEY_ID"),
    securityToken: environment.ALIBABA_CLOUD_SECURITY_TOKEN,
  };
  const url = urlOf(options.url ?? environment.OSSNAP_HTTP_URL);
  const { openApi } = await import("./client.ts");
  return openApi({ url, keys, token, terminal });
}

/** Of `--at fc` the shell's and those of a file that is named; of `--at local` those of the running `npm start`. */
function environmentOf({ at, envFile }: AtOptions, shell: Environment): Environment {
  if (at === "fc") return readEnvironment({ ...shell, OSSNAP_LOCAL_DIR: NOWHERE }, envFile).environment;
  const file = localEnvironmentFile(shell);
  try {
    return readEnvironment({}, file).environment;
  } catch (cause) {
    throw new AppError("invalid", `--at local: no local host is running (there is no ${file}); start it with \`npm start\``, { cause });
  }
}

/** A directory in which no local host runs. */
const NOWHERE = "/dev/null/ossnap";

function required(environment: Environment, name: string, what: string): string {
  const value = environment[name];
  if (value) return value;
  throw new AppError("invalid", `--at: ${name} is not set; set it to ${what}, in the shell or in a file: --env-file`);
}

function urlOf(text: string | undefined): URL {
  if (!text)
    throw new AppError(
      "invalid",
      "--at fc: the address of the HTTP function is not known; name it with --url or OSSNAP_HTTP_URL: its trigger shows it in the console (https://….fcapp.run)",
    );
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.username !== "")
    throw new AppError(
      "invalid",
      "--url: is not the address of an HTTP function; write it as https://ossnap-http-abc.cn-hangzhou.fcapp.run",
    );
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname))
    throw new AppError("invalid", `--url: http://${url.host} would send the token in clear; write https://`);
  return url;
}
