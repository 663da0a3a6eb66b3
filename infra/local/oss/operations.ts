import {
  getBucketAcl,
  getBucketInfo,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
  listObjects,
  listObjectsV2,
  putBucket,
} from "./bucketOperations.ts";
import { copyObject } from "./copyOperations.ts";
import type { Answer, Exchange } from "./exchange.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from "./multipartOperations.ts";
import { deleteMultipleObjects, deleteObject, getObject, getObjectAcl, getObjectMeta, headObject, putObject } from "./objectOperations.ts";
import type { Operation } from "./parseTarget.ts";

/** What each operation of the OSS API does here. */
export const operations: Readonly<Record<Operation, (exchange: Exchange) => Promise<Answer>>> = {
  ListBuckets: listBuckets,
  GetBucketInfo: getBucketInfo,
  GetBucketVersioning: getBucketVersioning,
  GetBucketAcl: getBucketAcl,
  GetBucketLocation: getBucketLocation,
  ListMultipartUploads: listMultipartUploads,
  ListObjectsV2: listObjectsV2,
  ListObjects: listObjects,
  HeadBucket: headBucket,
  PutBucket: putBucket,
  DeleteMultipleObjects: deleteMultipleObjects,
  UploadPartCopy: uploadPartCopy,
  UploadPart: uploadPart,
  CopyObject: copyObject,
  PutObject: putObject,
  ListParts: listParts,
  GetObjectAcl: getObjectAcl,
  GetObjectMeta: getObjectMeta,
  GetObject: getObject,
  HeadObject: headObject,
  InitiateMultipartUpload: initiateMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  DeleteObject: deleteObject,
};
