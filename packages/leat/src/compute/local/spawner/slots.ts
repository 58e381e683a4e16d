/** Named pipes that carry a task's streams past the spawn server: the engine's ends of them. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';

/** What an empty pipe usually takes in one write: it is written at once, without a stream of its own. */
const pipeBytes = 16 * 1024;

/** The engine's ends of one slot, open before the process is started. */
export interface SlotEnds {
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** Writes a line, and ends the input. */
  readonly send: (line: string) => void;
  /** Ends the input without a line. */
  readonly abandon: () => void;
}

/** Path of a slot, without the endings of its three pipes. */
export const slotPath = (folder: string, slot: number): string => path.join(folder, String(slot));

/** Opens the engine's ends. Throws when there are no file descriptors left; nothing is open then. */
export function openSlot(slot: string): SlotEnds {
  const opened: number[] = [];
  try {
    // Without O_NONBLOCK these would wait for the other side.
    opened.push(
      openSync(`${slot}.out`, constants.O_RDONLY | constants.O_NONBLOCK),
      openSync(`${slot}.err`, constants.O_RDONLY | constants.O_NONBLOCK),
      // For reading too: a pipe that nobody reads yet cannot be opened for writing alone.
      openSync(`${slot}.in`, constants.O_RDWR | constants.O_NONBLOCK),
    );
  } catch (error) {
    for (const descriptor of opened) closeSync(descriptor);
    throw error;
  }
  const [out, err, input] = opened as [number, number, number];
  return { stdout: reader(out), stderr: reader(err), ...writer(input) };
}

function reader(fd: number): Socket {
  const socket = new Socket({ fd, readable: true, writable: false });
  // A pipe that breaks has nothing more to say.
  socket.on('error', () => undefined);
  return socket;
}

function writer(fd: number): Pick<SlotEnds, 'send' | 'abandon'> {
  let open = true;
  const once = (act: () => void): void => {
    if (open) act();
    open = false;
  };
  return {
    send: (line) => {
      once(() => {
        const bytes = Buffer.from(`${line}\n`);
        const written = bytes.length <= pipeBytes ? writeNow(fd, bytes) : 0;
        if (written === bytes.length) {
          closeSync(fd);
          return;
        }
        const socket = new Socket({ fd, readable: false, writable: true });
        socket.on('error', () => undefined);
        socket.end(bytes.subarray(written));
      });
    },
    abandon: () => {
      once(() => closeSync(fd));
    },
  };
}

/** Number of bytes that the pipe took: of a user with many pipes, Linux gives a pipe one page. */
function writeNow(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
