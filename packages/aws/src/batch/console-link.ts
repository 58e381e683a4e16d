const consoles: readonly (readonly [prefix: string, host: string])[] = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
];

/** The page of a job in the console of AWS. A child of an array is named `ID:index`. */
export function consoleLink(region: string, job: string): string {
  const host =
    consoles.find(([prefix]) => region.startsWith(prefix))?.[1] ?? `${region}.console.aws.amazon.com`;
  return `https://${host}/batch/home?region=${region}#jobs/detail/${encodeURIComponent(job)}`;
}
