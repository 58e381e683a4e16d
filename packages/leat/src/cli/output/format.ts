/** Durations, times, sizes and counts as people read them. */

/** `0.4s`, `12s`, `3m 05s`, `2h 10m`; milliseconds in. A clock that was set back makes no negative time. */
export function formatDuration(told: number): string {
  const ms = Math.max(0, told);
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(seconds / 3600)}h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}m`;
}

/** `2026-11-23 14:05:09` in the local time zone. */
export function formatTime(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `812 B`, `4.1 KB`, `100 MB`: powers of 1,000, as disks are sold. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1,234`. Not by `toLocaleString`, whose first call costs a run 10 ms. */
export const formatCount = (count: number): string =>
  String(count).replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ',');

/** `1 task`, `3 tasks`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
