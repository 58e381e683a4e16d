/** The name of an image as it is asked for: without a tag or digest, docker would fetch every tag that there is. Pure. */
export function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? image : `${image}:latest`;
}
