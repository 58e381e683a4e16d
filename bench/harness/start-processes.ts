// The floor of a foreach: starts a number of bare Node processes, so many in flight, and prints how many seconds that took. Its own start is not in it.
//
//     node start-processes.ts COUNT IN_FLIGHT
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const [count = 0, inFlight = 1] = process.argv.slice(2).map(Number);
let left = count;

async function oneAfterTheOther(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  }
}

const started = performance.now();
await Promise.all(Array.from({ length: inFlight }, oneAfterTheOther));
console.log((performance.now() - started) / 1000);
