/**
 * Nothing that a task prints may be lost, however it ends. Node writes to pipes without waiting for the reader, and drops
 * what is still unwritten when the process ends; so writing to stdout and stderr waits instead.
 */

/** The sliver of a stream's handle that is needed; Node has no public name for it. */
interface WithHandle {
  readonly _handle?: { readonly setBlocking?: (blocking: boolean) => void } | null;
}

function blockWhenOpened(name: 'stdout' | 'stderr'): void {
  const property = Object.getOwnPropertyDescriptor(process, name);
  if (property?.get === undefined) return;
  let stream: unknown;
  // A stream costs 2 ms: most tasks print nothing and never pay it.
  Object.defineProperty(process, name, {
    ...property,
    get: () => {
      if (stream === undefined) {
        stream = property.get?.call(process);
        // oxlint-disable-next-line no-underscore-dangle -- Node's own name
        (stream as WithHandle)._handle?.setBlocking?.(true);
      }
      return stream;
    },
  });
}

/** Lets writes to stdout and stderr wait for their reader, from the first one on. */
export function blockOnOutput(): void {
  blockWhenOpened('stdout');
  blockWhenOpened('stderr');
}
