/**
 * What all pictures share: a frame that can be read on a light page and on a dark one. Our own, since what is drawn is lines, bars and words, and what
 * draws SVG without a browser brings a hundred packages.
 */

export const width = 760;

/** Colours by their use, first on a light page, then on a dark one. */
const colours = {
  paper: ['#ffffff', '#0d1117'],
  ink: ['#1f2328', '#e6edf3'],
  quiet: ['#59636e', '#9198a1'],
  grid: ['#d8dee4', '#2b3138'],
  limit: ['#cf222e', '#ff7b72'],
  c0: ['#0969da', '#58a6ff'],
  c1: ['#bc4c00', '#f0883e'],
  c2: ['#1a7f37', '#3fb950'],
  c3: ['#8250df', '#bc8cff'],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

/** A colour that lines and bars can have. */
export type Colour = keyof typeof colours;

/** Colours of lines, in the order in which they are taken. */
export const lineColours: readonly [Colour, ...Colour[]] = ['c0', 'c1', 'c2', 'c3'];

// No variables of CSS: not everything that shows SVG knows them.
const rules = (page: 0 | 1): string =>
  Object.entries(colours)
    .map(
      ([name, values]) =>
        `.fill-${name} { fill: ${values[page]} } .stroke-${name} { stroke: ${values[page]} }`,
    )
    .join('\n    ');

const style = `
    ${rules(0)}
    @media (prefers-color-scheme: dark) {
    ${rules(1)}
    }
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; }
    .title { font-size: 16px; font-weight: 600; }
    .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
    .dashed { fill: none; stroke-dasharray: 6 4; stroke-width: 1.5; }
`;

/** A whole picture. `body` is SVG; `alt` says what is seen for those who do not see it. */
export function picture(height: number, alt: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `  <title>${escaped(alt)}</title>`,
    `  <style>${style}  </style>`,
    `  <rect width="${width}" height="${height}" class="fill-paper"/>`,
    ...body.map((element) => `  ${element}`),
    '</svg>\n',
  ].join('\n');
}

interface Lettering {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly kind?: 'fill-ink' | 'fill-quiet' | 'fill-ink title';
}

/** Words at a place; `anchor` is the end of them that lies there. */
export function words(
  text: string,
  [x, y]: readonly [number, number],
  { anchor = 'start', kind = 'fill-ink' }: Lettering = {},
): string {
  const shared = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${shared} class="${kind}">${escaped(text)}</text>`;
}

export const gridLine = (from: readonly [number, number], to: readonly [number, number]): string =>
  `<line class="stroke-grid" x1="${round(from[0])}" y1="${round(from[1])}" x2="${round(to[0])}" y2="${round(to[1])}"/>`;

/** A number at an axis or a bar. */
export const label = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** Of a coordinate: a tenth of a pixel is enough. */
export const round = (value: number): number => Math.round(value * 10) / 10;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
