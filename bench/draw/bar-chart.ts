import type { Chart } from '../harness/question.ts';
import { logAxis } from './log-axis.ts';
import { gridLine, label, picture, round, width, words } from './svg.ts';

const box = { left: 250, right: width - 70, top: 70 };
const barHeight = 20;
const rowHeight = 30;

type BarChart = Extract<Chart, { kind: 'bars' }>;

/** Bars on a logarithmic axis, one below the other; Leat's in a colour of its own. */
export function barChart({ title, y: unit, bars }: BarChart): string {
  const known = bars.filter(({ value }) => value > 0);
  // A bar must be seen, so the shortest does not begin at the axis' end.
  const axis = logAxis(known.flatMap(({ value }) => [value / 2, value]));
  const at = (value: number): number => box.left + axis.at(value) * (box.right - box.left);
  const bottom = box.top + known.length * rowHeight;
  return picture(bottom + 36, `${title}: ${unit}`, [
    words(title, [20, 28], { kind: 'fill-ink title' }),
    words(`${unit}; logarithmic`, [20, 50], { kind: 'fill-quiet' }),
    ...axis.ticks.flatMap((tick) => [
      gridLine([at(tick), box.top], [at(tick), bottom]),
      words(label(tick), [at(tick), bottom + 20], { anchor: 'middle', kind: 'fill-quiet' }),
    ]),
    ...known.flatMap(({ name, value }, index) => {
      const y = box.top + index * rowHeight + (rowHeight - barHeight) / 2;
      const colour = name.startsWith('Leat') ? 'c0' : 'quiet';
      return [
        words(name, [box.left - 10, y + 15], { anchor: 'end' }),
        `<rect x="${box.left}" y="${y}" width="${round(at(value) - box.left)}" height="${barHeight}" rx="3" class="fill-${colour}"/>`,
        words(label(value), [at(value) + 6, y + 15]),
      ];
    }),
  ]);
}
