import type { Chart, Series } from '../harness/question.ts';
import { type LogAxis, logAxis } from './log-axis.ts';
import { type Colour, gridLine, label, lineColours, picture, round, width, words } from './svg.ts';

const box = { left: 70, right: width - 40, plotHeight: 260 };
const lineHeight = 20;
const headHeight = 66;
const footHeight = 52;

type LineChart = Extract<Chart, { kind: 'lines' }>;

/** Lines on two logarithmic axes, their names above them. Values that are not positive are left out. */
export function lineChart(chart: LineChart): string {
  const series = chart.series
    .map((line) => ({ ...line, points: line.points.filter(([x, y]) => x > 0 && y > 0) }))
    .filter(({ points }) => points.length > 0);
  const points = series.flatMap((line) => line.points);
  const across = logAxis(points.map(([x]) => x));
  const up = logAxis(points.map(([, y]) => y));
  const top = headHeight + series.length * lineHeight;
  const bottom = top + box.plotHeight;
  const place: Place = ([x, y]) => [
    box.left + across.at(x) * (box.right - box.left),
    bottom - up.at(y) * box.plotHeight,
  ];
  return picture(bottom + footHeight, `${chart.title}: ${chart.y}, by ${chart.x}`, [
    words(chart.title, [box.left, 28], { kind: 'fill-ink title' }),
    words(chart.y, [box.left, 50], { kind: 'fill-quiet' }),
    ...series.flatMap((line, index) =>
      legend(line, colourOf(series, index), headHeight + index * lineHeight),
    ),
    ...grid(across, up, place),
    words(chart.x, [(box.left + box.right) / 2, bottom + 42], { anchor: 'middle', kind: 'fill-quiet' }),
    ...series.flatMap((line, index) => drawn(line, colourOf(series, index), place)),
  ]);
}

type Place = (point: readonly [number, number]) => [number, number];

/** Limits take no colour of the lines. */
function colourOf(series: readonly Series[], index: number): Colour {
  if (series[index]?.limit === true) return 'limit';
  const before = series.slice(0, index).filter(({ limit }) => limit !== true).length;
  return lineColours[before % lineColours.length] ?? lineColours[0];
}

const strokeOf = ({ limit }: Series, colour: Colour): string =>
  `class="${limit === true ? 'dashed' : 'line'} stroke-${colour}"`;

function legend(line: Series, colour: Colour, y: number): readonly string[] {
  return [
    `<line ${strokeOf(line, colour)} x1="${box.left}" y1="${y + 2}" x2="${box.left + 24}" y2="${y + 2}"/>`,
    words(line.name, [box.left + 32, y + 6]),
  ];
}

function grid(across: LogAxis, up: LogAxis, place: Place): readonly string[] {
  return [
    ...across.ticks.flatMap((tick) => {
      const [x, bottom] = place([tick, up.low]);
      return [
        gridLine([x, bottom], place([tick, up.high])),
        words(label(tick), [x, bottom + 20], { anchor: 'middle', kind: 'fill-quiet' }),
      ];
    }),
    ...up.ticks.flatMap((tick) => {
      const [left, y] = place([across.low, tick]);
      return [
        gridLine([left, y], place([across.high, tick])),
        words(label(tick), [left - 8, y + 4], { anchor: 'end', kind: 'fill-quiet' }),
      ];
    }),
  ];
}

function drawn(line: Series, colour: Colour, place: Place): readonly string[] {
  const { points, limit } = line;
  const path = points.map((point) => place(point).map(round).join(',')).join(' ');
  const polyline = `<polyline ${strokeOf(line, colour)} points="${path}"/>`;
  if (limit === true) return [polyline];
  return [
    polyline,
    ...points.map((point) => {
      const [x, y] = place(point).map(round);
      return `<circle cx="${x}" cy="${y}" r="4" class="fill-${colour}"/>`;
    }),
  ];
}
