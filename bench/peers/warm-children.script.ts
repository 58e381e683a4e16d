// The floor of reused workers: so many children, each of which gets its next number when it has answered the last one. Prints the seconds.
//
//     node warm-children.script.ts COUNT IN_FLIGHT
import { fork } from 'node:child_process';
import { once } from 'node:events';

const [count = 0, inFlight = 1] = process.argv.slice(2).map(Number);
let left = count;

async function work(): Promise<number> {
  const child = fork(import.meta.filename, [], { env: { ...process.env, WARM_CHILD: 'yes' } });
  let sum = 0;
  while (left > 0) {
    left -= 1;
    child.send(left);
    const [answer] = (await once(child, 'message')) as [number];
    sum += answer;
  }
  child.disconnect();
  return sum;
}

if (process.env['WARM_CHILD'] === undefined) {
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, work));
  console.log((performance.now() - started) / 1000);
} else {
  process.on('message', (item: number) => process.send?.(item % 1000));
}
