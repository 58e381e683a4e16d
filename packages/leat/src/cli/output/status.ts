import type { Output, Style } from './terminal.ts';

const styles: Readonly<Record<string, Style>> = {
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  running: 'cyan',
  'waiting-retry': 'yellow',
};

/** A status in its colour. `abandoned`: it says running, and nobody drives it any more. */
export function statusText(status: string, out: Pick<Output, 'style'>, abandoned = false): string {
  if (abandoned) return out.style('red', 'abandoned');
  const style = styles[status];
  return style === undefined ? status : out.style(style, status);
}
