export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary keys, such as those of a role. */
  sessionToken?: string | undefined;
}

/**
 * The SDK's own search, in its order: a profile or single sign-on, a role by web identity, a container's and an instance's role. It renews
 * temporary keys before they end. The S3 client brings it along, so that it adds nothing to a bundle.
 */
export function keysOfEnvironment(): () => Promise<AwsKeys> {
  // One search, which keeps what it found.
  let search: Promise<() => Promise<AwsKeys>> | undefined;
  return async () => {
    search ??= import("@aws-sdk/credential-provider-node").then(({ defaultProvider }) => defaultProvider());
    const { accessKeyId, secretAccessKey, sessionToken } = await (await search)();
    return { accessKeyId, secretAccessKey, sessionToken };
  };
}
