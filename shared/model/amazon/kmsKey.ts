/** The ARN of a key of AWS KMS; an alias has no effect in a policy. */
export const KMS_KEY = /^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key\/[0-9A-Za-z-]+$/;

export const KMS_KEY_WRONG = "is not the ARN of a key of KMS; write it as arn:aws:kms:REGION:ACCOUNT:key/ID";
