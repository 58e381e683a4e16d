// As piscina's README does it: one pool, one `run` for each task. Prints the seconds from the first task to the last answer.
//
//     node piscina.script.ts COUNT IN_FLIGHT
import { Piscina } from 'piscina';

const [count = 0, inFlight = 1] = process.argv.slice(2).map(Number);

const pool = new Piscina({
  filename: import.meta.resolve('./piscina.task.ts'),
  minThreads: inFlight,
  maxThreads: inFlight,
});
const started = performance.now();
const results = await Promise.all(Array.from({ length: count }, (_, item) => pool.run(item)));
console.log((performance.now() - started) / 1000);
if (results.length !== count) process.exitCode = 1;
await pool.close();
