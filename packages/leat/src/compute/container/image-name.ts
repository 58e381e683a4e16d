/** The name of an image as it is asked for: without a tag or digest, docker would fetch every tag that there is. Pure. */
export const withTag = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);
