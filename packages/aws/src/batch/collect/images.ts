import type { Clients } from './clients.ts';

const ecrImage =
  /^(?<account>\d{12})\.dkr\.ecr\.(?<region>[\w-]+)\.amazonaws\.com(?:\.cn)?\/(?<repository>[^:@]+)(?:@(?<digest>sha256:[0-9a-f]{64})|:(?<tag>[\w.-]+))?$/;

/** Whether an image is in ECR; `undefined` for one that is elsewhere. @throws what ECR says when it may not be asked */
export async function imageExists(
  clients: Pick<Clients, 'ecr'>,
  image: string,
  region: string,
  abortSignal: AbortSignal,
): Promise<boolean | undefined> {
  const parts = ecrImage.exec(image)?.groups;
  // A client asks its own region only.
  if (parts === undefined || parts['region'] !== region) return undefined;
  const { DescribeImagesCommand } = await import('@aws-sdk/client-ecr');
  const { account, repository, digest, tag = 'latest' } = parts;
  const imageIds = [digest === undefined ? { imageTag: tag } : { imageDigest: digest }];
  const command = new DescribeImagesCommand({ registryId: account, repositoryName: repository, imageIds });
  try {
    await (await clients.ecr()).send(command, { abortSignal });
    return true;
  } catch (error) {
    if (error instanceof Error && /^(?:ImageNotFound|RepositoryNotFound)/.test(error.name)) return false;
    throw error;
  }
}
