interface PullLine {
  readonly id?: string;
  readonly error?: string;
  /** Of an engine that refuses at once. */
  readonly message?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

const sum = (numbers: readonly (number | undefined)[]): number =>
  numbers.reduce<number>((all, each) => all + (each ?? 0), 0);

/** What an engine tells while it fetches an image: a JSON object a line, one part of the image each. */
export class PullReport {
  readonly #parts = new Map<string, NonNullable<PullLine['progressDetail']>>();
  #error: string | undefined;
  #rest = '';

  /** Why it will not come. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Bytes that are here, of the parts whose size was told. */
  get done(): number {
    return sum([...this.#parts.values()].map(({ current }) => current));
  }

  /** Bytes of those parts. */
  get total(): number {
    return sum([...this.#parts.values()].map(({ total }) => total));
  }

  /** What was told last and ends no line: the reason of an engine that refuses at once. */
  get rest(): string {
    return this.#rest;
  }

  /** Takes the next piece of text. */
  add(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    const { id, error, message, progressDetail } = parseLine(line);
    this.#error ??= error ?? message;
    if (id !== undefined && progressDetail?.total !== undefined) this.#parts.set(id, progressDetail);
  }
}

function parseLine(line: string): PullLine {
  try {
    const told: unknown = JSON.parse(line);
    return typeof told === 'object' && told !== null ? told : {};
  } catch {
    return {};
  }
}
