/**
 * The files that a job's machine needs, as one: a line of JSON with names and lengths, then their bytes. The bootstrap takes it apart with
 * a few lines of its own (`bootstrap-script.ts`). Pure.
 */

/** A file of Leat for the job's machine. */
export interface ToolFile {
  /** `agent.cjs`, `runner.cjs`, `program.cjs`; `driver.cjs` for a datastore that is no folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const plainName = /^[\w-]+(?:\.[\w-]+)*$/;

/** The parts of the object that `AgentSetting.tools` links to. @throws TypeError for a name that is a path. */
export function packTools(files: readonly ToolFile[]): readonly Uint8Array[] {
  for (const { name } of files)
    if (!plainName.test(name)) throw new TypeError(`'${name}' is no name of a file of Leat`);
  const table = files.map(({ name, bytes }) => [name, bytes.byteLength]);
  return [Buffer.from(`${JSON.stringify(table)}\n`), ...files.map(({ bytes }) => bytes)];
}
