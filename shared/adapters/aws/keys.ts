import { defaultProvider } from "@aws-sdk/credential-provider-node";

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
  const search = defaultProvider();
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await search();
    return { accessKeyId, secretAccessKey, sessionToken };
  };
}
