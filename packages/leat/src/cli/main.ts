/** The program behind `bin/leat.js`. */
import { runCli } from './run-cli.ts';

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

// A reader that has seen enough (`leat list tasks … | head`) ends us quietly, as it ends every other program.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

async function main(): Promise<void> {
  const exitCode = await runCli(process.argv.slice(2));
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // The user's file was loaded in this process and may have left a timer or a socket that would keep it alive.
  process.exit(exitCode);
}

void main();
