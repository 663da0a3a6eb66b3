/**
 * OSS, Standard class with local redundancy, mainland China. Which requests count as Put (LIST and DELETE among them), and that 4xx and 5xx are
 * free: "Request fees", alibabacloud.com/help/doc-detail/173536.htm, 2026-03-25. The unit prices stand on aliyun.com/price/product#/oss/detail,
 * of which no copy could be read; they are those that a user's notes quote (kandaoni.com/news/26917.html, undated) and, for storage, a staff
 * answer (developer.aliyun.com/ask/631608). NOT VERIFIED: compare them with the price page before relying on the sums.
 */
export const OSS_CNY = { per10000Put: 0.01, per10000Get: 0.01, perGigabyteMonth: 0.12 };

/** What OSS charges for PUT requests, in CNY. */
export function costOfPuts(requests: number): number {
  return (requests * OSS_CNY.per10000Put) / 10_000;
}
