import type { Answer, Exchange } from "../http/exchange.ts";
import type { Operation } from "../http/parseTarget.ts";
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
} from "./bucket.ts";
import { copyObject } from "./copy.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from "./multipart.ts";
import { deleteMultipleObjects, deleteObject, getObject, getObjectAcl, getObjectMeta, headObject, putObject } from "./object.ts";

/** The implementation of each operation of the OSS API. */
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
