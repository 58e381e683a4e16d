/** Output of one member of a chunk. */
export interface MemberPiece {
  readonly member: number;
  readonly bytes: Buffer;
}

/** Digits of a member's number, at most. */
const longestNumber = 10;
const space = 0x20;
const newline = 0x0a;
const zero = 0x30;

/** A mark line as far as its end: where it ends and whom it names; `partial`: more of it may come. */
type Line = { readonly end: number; readonly member: number } | 'partial' | 'none';

/**
 * Takes the lines out of one stream of a chunk's process that say whose output follows (`TaskMessage.chunk.mark`), wherever
 * the pieces of the stream are cut. A line may stand behind output that has no line end. What only looks alike is output. Holds
 * back what may be the beginning of such a line, and no more.
 */
export class MemberMarks {
  readonly #mark: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #member = 0;

  constructor(mark: string) {
    this.#mark = Buffer.from(mark, 'latin1');
  }

  /** Whose output comes now. */
  get member(): number {
    return this.#member;
  }

  /** Takes the next bytes; gives what was printed by whom, in order. The pieces are views on `bytes`, or small copies. */
  push(bytes: Buffer): readonly MemberPiece[] {
    const data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const pieces: MemberPiece[] = [];
    let from = 0;
    let at = data.indexOf(this.#mark);
    while (at >= 0) {
      const line = this.#lineAt(data, at + this.#mark.length);
      if (line === 'partial') break;
      if (line === 'none') {
        at = data.indexOf(this.#mark, at + 1);
        continue;
      }
      this.#add(pieces, data.subarray(from, at));
      this.#member = line.member;
      from = line.end;
      at = data.indexOf(this.#mark, from);
    }
    const held = at >= 0 ? at : data.length - this.#beginning(data, from);
    this.#add(pieces, data.subarray(from, held));
    // A copy: it shall not keep the whole piece.
    this.#rest = Buffer.from(data.subarray(held));
    return pieces;
  }

  /** The stream has ended: what was held back is output. */
  end(): readonly MemberPiece[] {
    const pieces: MemberPiece[] = [];
    this.#add(pieces, this.#rest);
    this.#rest = Buffer.alloc(0);
    return pieces;
  }

  #add(pieces: MemberPiece[], bytes: Buffer): void {
    if (bytes.length > 0) pieces.push({ member: this.#member, bytes });
  }

  /** What follows a mark that ends at `start`: ` 17\n`. */
  #lineAt(data: Buffer, start: number): Line {
    if (start === data.length) return 'partial';
    if (data[start] !== space) return 'none';
    let member = 0;
    const last = start + 1 + longestNumber;
    for (let at = start + 1; at <= last; at += 1) {
      const byte = data[at];
      if (byte === undefined) return 'partial';
      if (byte === newline) return at > start + 1 ? { end: at + 1, member } : 'none';
      if (byte < zero || byte > zero + 9) return 'none';
      member = member * 10 + byte - zero;
    }
    return 'none';
  }

  /** How many of the last bytes may be the beginning of a mark. */
  #beginning(data: Buffer, from: number): number {
    const mark = this.#mark;
    const most = Math.min(mark.length - 1, data.length - from);
    for (let length = most; length > 0; length -= 1) {
      if (data.compare(mark, 0, length, data.length - length) === 0) return length;
    }
    return 0;
  }
}
