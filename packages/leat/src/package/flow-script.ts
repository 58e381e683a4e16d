/**
 * The entry of a package is a module. When it imports nothing, it is a function that returns the flow, too: Node's loader of modules then need
 * not be asked, and V8 can keep what it has compiled of all of its functions. The builder marks such entries, since only it knows what they
 * import; the process of a task (`task/load-flow-module.ts`) reads the mark.
 */

const exportStart = '\nexport {';
const markStart = '\n//# leatScript=';
/** Longer names of flows are loaded as modules. */
const mostMarkBytes = 256;

const head = '(function(){"use strict";';

/** A function expression with the lines of a module, and the columns but for its first line. */
export interface FlowScript {
  readonly source: string;
  /** Where the text of the module begins in the first line. */
  readonly columnOffset: number;
}

/** The text of the entry with the mark. `undefined`: it must be loaded as a module. `parses`: whether a text is a script. */
export function markScript(text: string, parses: (script: string) => boolean): string | undefined {
  const cut = text.lastIndexOf(exportStart);
  const name = /\s([\w$]+) as default\b/.exec(text.slice(cut))?.[1];
  if (cut < 0 || name === undefined) return undefined;
  // In such a block `await` is an error in every form, and not a name.
  if (!parses(`class Test{static{${text.slice(0, cut)}\n}}`)) return undefined;
  return `${text.trimEnd()}${markStart}${name}\n`;
}

/** The marked entry as a script whose value is a function that returns the flow; `undefined` for all other modules. */
export function scriptOf(bytes: Buffer): FlowScript | undefined {
  const mark = bytes.lastIndexOf(markStart, -1);
  if (mark < 0 || bytes.length - mark > mostMarkBytes) return undefined;
  const name = bytes.toString('latin1', mark + markStart.length).trimEnd();
  const text = bytes.toString('utf8', 0, bytes.lastIndexOf(exportStart, mark));
  return { source: `${head}${text}\nreturn ${name};})`, columnOffset: -head.length };
}
