import type { Plugin } from "esbuild";

/** A package: whole, or only these of its exports, so that the bundler can leave the others out. */
type Packages = Readonly<Record<string, "whole" | readonly string[]>>;

/**
 * Files beside a bundle's `index.js`, with the packages of each. An instance starts with `index.js` alone; a file is read when its adapter is
 * used. Packages that check each other's classes, or share most of their code, are in one file.
 */
export const VENDOR_FILES: Readonly<Record<string, Packages>> = {
  oss: { "ali-oss": "whole" },
  yaml: { yaml: "whole" },
  elasticsearch: { "@elastic/transport": "whole", "@elastic/elasticsearch": "whole" },
  aliyun: { "@alicloud/openapi-client": "whole", "@alicloud/tea-util": "whole" },
  aws: {
    "@aws-sdk/client-s3": [
      "AbortMultipartUploadCommand",
      "CompleteMultipartUploadCommand",
      "CreateMultipartUploadCommand",
      "DeleteObjectsCommand",
      "GetObjectCommand",
      "HeadObjectCommand",
      "ListObjectsV2Command",
      "PutObjectCommand",
      "S3Client",
      "UploadPartCommand",
    ],
    "@aws-sdk/credential-provider-node": ["defaultProvider"],
    "@smithy/node-http-handler": ["NodeHttpHandler"],
    "@smithy/signature-v4": ["SignatureV4"],
  },
};

export const VENDOR_DIRECTORY = "vendor";

/** Read when one of these exports is used, not when what imports them is loaded. */
const USED_LATER: Readonly<Record<string, readonly string[]>> = {
  yaml: ["isAlias", "isMap", "isNode", "isScalar", "isSeq", "LineCounter", "parse", "parseDocument", "stringify"],
};

const NAMESPACE = "vendor";
const FILE_OF = new Map(Object.entries(VENDOR_FILES).flatMap(([file, packages]) => Object.keys(packages).map((name) => [name, file])));

/** The file of {@link VENDOR_FILES} that has a package; `undefined` for one that is part of every bundle. */
export function vendorOf(name: string): string | undefined {
  return FILE_OF.get(name);
}

/** The contents of a module that stands for a package; `packages` is the expression for the exports of its file. */
export function exportsOf(name: string, packages: string): string {
  const loaded = `${packages}[${JSON.stringify(name)}]`;
  const later = USED_LATER[name]?.map((one) => `get ${one}() { return ${loaded}.${one}; }`);
  return `module.exports = ${later ? `{ ${later.join(", ")} }` : loaded};`;
}

/** Replaces the packages of {@link VENDOR_FILES} by the files beside the bundle. */
export const vendorsBeside: Plugin = {
  name: "vendors beside",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, namespace }) => {
      if (namespace === NAMESPACE) return { path, external: true };
      return FILE_OF.has(path) ? { path, namespace: NAMESPACE } : undefined;
    });
    onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
      contents: exportsOf(path, `require(${JSON.stringify(pathOf(vendorOf(path) ?? ""))}).packages`),
    }));
  },
};

/** The source of one such file: `packages` has them by their names, because two of them export a `default`. */
export function vendorSource(packages: Packages): string {
  const imports: string[] = [];
  const members = Object.entries(packages).map(([name, exported], at) => {
    if (exported === "whole") return `${JSON.stringify(name)}: require(${JSON.stringify(name)})`;
    const own = exported.map((one) => `${one} as ${one}${at}`);
    imports.push(`import { ${own.join(", ")} } from ${JSON.stringify(name)};`);
    return `${JSON.stringify(name)}: { ${exported.map((one) => `${one}: ${one}${at}`).join(", ")} }`;
  });
  return `${imports.join("\n")}\nexport const packages = { ${members.join(", ")} };`;
}

function pathOf(file: string): string {
  return `./${VENDOR_DIRECTORY}/${file}.js`;
}
