/** Named pipes that carry a task's streams past the spawn server: the engine's ends of them. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';

/** What an empty pipe takes in one write, whatever the system: it is written at once, without a stream of its own. */
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
        if (bytes.length <= pipeBytes) {
          writeSync(fd, bytes);
          closeSync(fd);
          return;
        }
        const socket = new Socket({ fd, readable: false, writable: true });
        socket.on('error', () => undefined);
        socket.end(bytes);
      });
    },
    abandon: () => {
      once(() => closeSync(fd));
    },
  };
}
