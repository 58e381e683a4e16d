import type { SurroundingsApi } from './api.ts';

const ecrImage =
  /^(?<account>\d{12})\.dkr\.ecr\.(?<region>[\w-]+)\.amazonaws\.com(?:\.cn)?\/(?<repository>[^:@]+)(?:@(?<digest>sha256:[0-9a-f]{64})|:(?<tag>[\w.-]+))?$/;

/** Whether an image is in ECR; `undefined` for one that is elsewhere. @throws what ECR says when it may not be asked */
export async function imageExists(
  api: Pick<SurroundingsApi, 'hasImage'>,
  image: string,
  region: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const parts = ecrImage.exec(image)?.groups;
  // A client asks its own region only.
  if (parts === undefined || parts['region'] !== region) return undefined;
  const { account = '', repository = '', digest, tag = 'latest' } = parts;
  const id = digest === undefined ? { imageTag: tag } : { imageDigest: digest };
  return api.hasImage({ account, repository, id }, signal);
}
