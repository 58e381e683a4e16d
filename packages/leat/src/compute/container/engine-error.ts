import type { IncomingMessage } from 'node:http';

/** Answers that another moment may change: a request that took too long, too many of them. */
const busy: ReadonlySet<number> = new Set([408, 429]);

/** What an engine answered instead of what was asked for; status 0: nothing. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly status: number;

  /** `body`: as the engine sent it, JSON with a `message` or text. */
  constructor(status: number, body: string) {
    super(reasonOf(body));
    this.status = status;
  }

  /** Asking again would bring the same answer. */
  get permanent(): boolean {
    return (
      (this.status >= 400 && this.status < 500 && !busy.has(this.status)) ||
      /no such file|not found|not exist|executable file|permission denied|invalid|cannot be found|unknown|denied|unauthorized|authentication required|must be lowercase/i.test(
        this.message,
      )
    );
  }
}

/** Codes of a connection that broke or was not made. */
export const connectionCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'EAGAIN',
]);

function reasonOf(body: string): string {
  try {
    const { message, cause } = JSON.parse(body) as { readonly message?: string; readonly cause?: string };
    if (typeof message === 'string' && message !== '') return message.trim();
    if (typeof cause === 'string') return cause.trim();
  } catch {
    // Text, then.
  }
  return body.trim() || 'no reason given';
}

/** The whole text of an answer. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) text += String(piece);
  return text;
}
