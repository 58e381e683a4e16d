import type { JobShape } from './facts.ts';

/** `4 vCPU, 16,384 MiB and 1 GPU`, of what is known. */
export function shapeText({ vcpus, memoryMib, gpus }: JobShape): string {
  const parts = [
    ...(vcpus === undefined ? [] : [`${vcpus} vCPU`]),
    ...(memoryMib === undefined ? [] : [`${grouped(memoryMib)} MiB`]),
    ...(gpus === undefined || gpus === 0 ? [] : [`${gpus} GPU`]),
  ];
  if (parts.length < 2) return parts[0] ?? 'an unknown shape';
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

const grouped = (count: number): string => String(count).replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ',');

/** `12 min`, `3 h`: a rough age, for evidence. */
export function ageText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}
