import type { Plugin } from "esbuild";

interface LeftOut {
  /** As it is required, and by whom. */
  required: string;
  by: RegExp;
  why: string;
}

const ALIYUN_EXTRAS = /[\\/]@darabonba[\\/]typescript[\\/]/;
const ALIYUN_XML = /[\\/](@darabonba[\\/]typescript|@alicloud[\\/]tea-xml)[\\/]/;
const IN_JSON = "only for answers in XML, and ossnap asks Alibaba Cloud's APIs for JSON";
const UNCALLED = "a helper of @darabonba/typescript that no call of ossnap uses";

/** What a library loads and ossnap never calls: a third of all bytes. What stands in its place names itself when it is used. */
export const LEFT_OUT: readonly LeftOut[] = [
  {
    required: "apache-arrow/Arrow.node",
    by: /[\\/]@elastic[\\/]elasticsearch[\\/]/,
    why: "only for the ES|QL helper, which ossnap does not call",
  },
  {
    required: "./api",
    by: /[\\/]@elastic[\\/]elasticsearch[\\/]lib[\\/]client\.js$/,
    why: "one method per API; ossnap sends each request by the client's transport, because the paths depend on the cluster's version",
  },
  {
    required: "undici",
    by: /[\\/]@elastic[\\/]transport[\\/]/,
    why: "only for UndiciConnection; ossnap's connection is an HttpConnection",
  },
  {
    required: "./types/other",
    by: /[\\/]mime[\\/]/,
    why: "only content types of vendors' file names; ossnap sends each blob with a type of its own",
  },
  // A bundle that is made on Windows may run there, on the local host.
  ...(process.platform === "win32" ? [] : [{ required: "semver", by: /[\\/]win-release[\\/]/, why: "only to name a version of Windows" }]),
  { required: "formstream", by: /[\\/]urllib[\\/]/, why: "only for forms with files, which ossnap never sends" },
  { required: "iconv-lite", by: /[\\/]urllib[\\/]/, why: "only for answers that urllib decodes; ossnap reads each as bytes" },
  { required: "xmlbuilder", by: /[\\/]xml2js[\\/]/, why: "only for writing XML; ossnap's clients read it" },
  { required: "xml2js", by: ALIYUN_XML, why: IN_JSON },
  ...["lodash", "moment", "ws", "socks-proxy-agent", "http-proxy-agent", "https-proxy-agent"].map((required) => ({
    required,
    by: ALIYUN_EXTRAS,
    why: UNCALLED,
  })),
];

const AWS_PROFILE = /[\\/]@aws-sdk[\\/]credential-provider-(node|ini)[\\/]/;

/** Of functions only: the command line may run where somebody has logged in. */
export const LEFT_OUT_OF_FUNCTIONS: readonly LeftOut[] = ["sso", "login"].map((name) => ({
  required: `@aws-sdk/credential-provider-${name}`,
  by: AWS_PROFILE,
  why: "only for profiles of a person who has logged in with a browser, which no function has",
}));

const NAMESPACE = "left-out";

/** Bundles the stand-ins; a use of one is a fault of the bundle, never a wrong answer. */
export function leavingOut(leftOut: readonly LeftOut[] = LEFT_OUT): Plugin {
  return {
    name: "leaving out",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path, importer }) =>
        leftOut.some(({ required, by }) => required === path && by.test(importer)) ? { path, namespace: NAMESPACE } : undefined,
      );
      onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({ contents: standIn(path, leftOut) }));
    },
  };
}

/** A class, because a class of the library may extend it. Loaders ask for some members, and for symbols. */
function standIn(name: string, leftOut: readonly LeftOut[]): string {
  const why = leftOut.find(({ required }) => required === name)?.why ?? "";
  return `const unused = (target) => new Proxy(target, { get(own, member) {
  if (typeof member === "symbol" || ["__esModule", "then", "prototype", "constructor", "toJSON"].includes(member)) return own[member];
  throw new Error(${JSON.stringify(`${name} is not part of ossnap's bundles (${why}): `)} + member + " was used");
} });
class LeftOut {}
Object.setPrototypeOf(LeftOut.prototype, unused({}));
module.exports = unused(LeftOut);`;
}
