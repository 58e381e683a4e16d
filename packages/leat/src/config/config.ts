/**
 * What a project says about itself in `leat.config.ts`: data, checked once. What it says of one flow belongs into that flow. Where
 * the file is found and how it is loaded: `package/load-config.ts`.
 */

/** What goes into the code package, for tasks that run on other machines. Globs are relative to the folder of `leat.config.ts`. */
export interface PackageConfig {
  /**
   * Files that the flow needs and that Leat does not see: it sees those that the code names by where they are, such as
   * `new URL('./model.json', import.meta.url)`. None unless told.
   *
   * @example ['prompts/**', 'models/small.onnx']
   */
  readonly include?: readonly string[];
  /**
   * Files that stay out, whatever asks for them: also of packages. None unless told.
   *
   * @example ['node_modules/onnxruntime-node/bin/napi-v6/win32/**']
   */
  readonly exclude?: readonly string[];
  /** The most that a package may hold for another machine, unpacked, in MB. 250 unless told: what every task fetches should be small. */
  readonly limitMb?: number;
}

/** What `leat.config.ts` may hold. */
export interface LeatConfig {
  readonly package?: PackageConfig;
  /**
   * A Node binary for tasks in images that have no Node: a path relative to the folder of `leat.config.ts`. Only needed where Leat itself
   * does not run on the platform of the tasks (Linux with glibc): on macOS and Windows, and on another processor.
   */
  readonly node?: string;
}

/**
 * The settings of a project, checked by the compiler: what `leat.config.ts` exports as its default.
 *
 * @example
 * export default defineConfig({ package: { include: ['prompts/**'] } });
 */
export const defineConfig = (config: LeatConfig): LeatConfig => config;
