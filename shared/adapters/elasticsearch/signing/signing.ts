import { AppError, messageOf } from "../../../model/errors.ts";
import type { AwsKeys } from "../../aws/keys.ts";
import { requestSigner, type SignRequest } from "../../aws/signer.ts";

export interface AwsSigning {
  /** Of the cluster. */
  region: string;
  keys: () => Promise<AwsKeys>;
}

export interface Signing {
  sign: SignRequest;
  /** The id of the key that was used last. */
  keyId(): string | undefined;
  /** What no message may repeat: Amazon quotes the headers of a request whose signature is wrong. */
  secrets(): string[];
}

/** Signs requests for Amazon's managed service. Errors: `denied` when there are no keys. */
export function openSigning(cluster: string, { region, keys }: AwsSigning): Signing {
  let used: AwsKeys | undefined;
  const find = async () => {
    try {
      used = await keys();
    } catch (error) {
      throw new AppError(
        "denied",
        `cluster ${cluster}: no keys for Amazon were found (${messageOf(error)}); set clusters.${cluster}.aws.accessKeyId and secretAccessKey, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
        { cause: error },
      );
    }
    return used;
  };
  return {
    sign: requestSigner({ region, keys: find }),
    keyId: () => used?.accessKeyId,
    secrets: () => [used?.secretAccessKey ?? "", used?.sessionToken ?? ""].filter((secret) => secret !== ""),
  };
}
