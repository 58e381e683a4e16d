/** A flow with all that a package takes along besides code: a native module, data files, a worker, and what its project names. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const modules: string = path.join(import.meta.dirname, '../../node_modules');

// `sharp` loads a module of a package for this platform, which is linked to libraries in another one.
const flow = `
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Flow, step } from 'leat';
import sharp from 'sharp';
const prompts = join(import.meta.dirname, 'prompts');
const prompt = (name: string): string => readFileSync(join(prompts, name + '.txt'), 'utf8');
export default class PortableFlow extends Flow {
  declare seen: Record<string, unknown>;
  @step async start() {
    const image = await sharp({ create: { width: 8, height: 4, channels: 3, background: '#fff' } }).png().toBuffer();
    const { width, height } = await sharp(image).metadata();
    const squared = await new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: 12 });
      worker.once('message', resolve).once('error', reject);
    });
    this.seen = {
      size: [width, height],
      data: JSON.parse(readFileSync(new URL('./data.json', import.meta.url), 'utf8')),
      prompts: [prompt('one'), prompt('two'), readdirSync(prompts).sort()],
      more: readFileSync(join(import.meta.dirname, String('more.txt')), 'utf8'),
      squared,
      here: import.meta.dirname,
      libraries: process.report.getReport().sharedObjects.filter((name: string) => name.includes('sharp')),
    };
    this.next(this.end);
  }
  @step end() {}
}`;

/** Writes it into a folder. */
export function writePortableProject(folder: string): void {
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
  mkdirSync(path.join(folder, 'prompts'), { recursive: true });
  symlinkSync(path.join(modules, 'sharp'), path.join(folder, 'node_modules/sharp'));
  write('package.json', '{ "type": "module" }');
  write('flow.ts', flow);
  write('data.json', '{ "answer": 42 }');
  write('prompts/one.txt', 'first');
  write('prompts/two.txt', 'second');
  write('more.txt', 'told');
  write(
    'worker.mjs',
    "import { parentPort, workerData } from 'node:worker_threads';\nimport { square } from './square.mjs';\nparentPort.postMessage(square(workerData));",
  );
  write('square.mjs', 'export const square = (x) => x * x;');
  write(
    'leat.config.ts',
    "import { defineConfig } from 'leat';\nexport default defineConfig({ package: { include: ['more.txt'] } });",
  );
}

/** What its task finds, wherever it runs, but for places. */
export const portableSeen = {
  size: [8, 4],
  data: { answer: 42 },
  more: 'told',
  squared: 144,
  prompts: ['first', 'second', ['one.txt', 'two.txt']],
} as const;
