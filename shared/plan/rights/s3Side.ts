import type { Place } from "../../model/config.ts";
import type { UsedPlace } from "./places.ts";

/** A policy of IAM: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
export interface AwsDocument {
  Version: "2012-10-17";
  Statement: { Effect: "Allow"; Action: string[]; Resource: string[] }[];
}

/** What the keys of a place on Amazon S3 may do. */
export function s3Document({ bucket, basePath, region }: Place, use: UsedPlace["use"]): AwsDocument {
  const arn = `arn:${region?.startsWith("cn-") ? "aws-cn" : "aws"}:s3:::${bucket}`;
  const below = basePath === "" ? "" : `${basePath}/`;
  const writing = use === "read" ? [] : ["s3:PutObject", "s3:DeleteObject"];
  const parts = use === "write" ? ["s3:AbortMultipartUpload"] : [];
  return {
    Version: "2012-10-17",
    Statement: [
      // Without a condition on the prefix: a GET of a key that does not exist is answered with 403 instead of 404 where it does not hold.
      { Effect: "Allow", Action: ["s3:ListBucket"], Resource: [arn] },
      { Effect: "Allow", Action: ["s3:GetObject", ...writing, ...parts], Resource: [`${arn}/${below}*`] },
    ],
  };
}
