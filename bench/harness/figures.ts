/** Figures as the table shows them. */

export const seconds = (value: number): string =>
  value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`;

export const milliseconds = (value: number): string => `${(value * 1000).toFixed(value < 0.01 ? 2 : 1)} ms`;

export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

export const percent = (ratio: number): string => `${(ratio * 100).toFixed(0)} %`;

/** `1/12.3` for what is smaller. */
export const fraction = (ratio: number): string =>
  ratio < 1 ? `1/${(1 / ratio).toFixed(1)}` : `${ratio.toFixed(1)}×`;

export const perSecond = (rate: number): string => `${rate.toFixed(1)}/s`;

export const microseconds = (value: number): string => `${(value * 1e6).toFixed(value < 1e-5 ? 1 : 0)} µs`;

export const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 0)}×`;
