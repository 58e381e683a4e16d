// `node bench/redraw.ts`: draws docs/benchmarks.md and its pictures again from the answers that are kept beside them. Measures nothing.
import { drawPage } from './draw/page.ts';
import { questions } from './questions.ts';

console.log(
  drawPage(
    questions.map(({ name }) => name),
    new Map(),
  ),
);
