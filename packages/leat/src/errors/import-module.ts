/**
 * `import()` of what is known at run time only. The command line is a script, which has no `import()` of its own: its bundle takes
 * that of its launcher instead (`scripts/cli-bundle.ts`).
 *
 * @param specifier URL of a file, or the name of a package that `leat` depends on
 */
export const importModule = async <Module>(specifier: string): Promise<Module> =>
  (await import(specifier)) as Module;
