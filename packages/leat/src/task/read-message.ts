/** Waits for the one line that tells this process its task. Blocking on purpose: nothing else is to happen meanwhile. */
import { readSync } from 'node:fs';
import { type TaskMessage, taskMessageDescriptor } from '../plan/task-message.ts';

const chunkBytes = 65_536;
const newline = 10;

/** The message, or `undefined` when the sender has gone without one. */
export function readMessage(): TaskMessage | undefined {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.allocUnsafe(chunkBytes);
    const length = readSync(taskMessageDescriptor, part);
    if (length === 0) return undefined;
    const end = part.indexOf(newline);
    if (end >= 0 && end < length) {
      parts.push(part.subarray(0, end));
      return JSON.parse(Buffer.concat(parts).toString('utf8')) as TaskMessage;
    }
    parts.push(part.subarray(0, length));
  }
}
