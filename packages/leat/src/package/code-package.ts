/**
 * What a flow file becomes before anything runs: a folder of plain JavaScript with the flow and all it imports, named by
 * its content. These are the data that the files of this folder hand to each other; no code is run here, and nothing of
 * flows, graphs or stores is known.
 */

/** A file of a code package. `bytes` may be read from disk at the moment of the access: touch it only when it is needed. */
export interface PackageFile {
  readonly name: string;
  /** sha256, hex. */
  readonly hash: string;
  /** In bytes. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** A file of the user that went into the package: not from `node_modules`. `path` is relative to the package's `root`, with `/`. */
export interface PackageSource {
  readonly path: string;
  /** sha256, hex, of the file as the user wrote it. */
  readonly hash: string;
}

/**
 * An installed package that stays outside of the bundle, since it cannot be bundled or another one needs it that cannot. On the machine
 * that has the project it is used in place; elsewhere the package has a copy.
 */
export interface ExternalPackage {
  readonly name: string;
  /** Its folder in the code package: `node_modules/sharp`. */
  readonly place: string;
  /** Its folder in the project: a real path relative to `root`, with `/`. */
  readonly folder: string;
  /** Why it stays outside, for people. */
  readonly reason: string;
  /** The bundle imports it. */
  readonly imported?: true;
}

/** What can be known of a package without its bytes. */
export interface PackageHead {
  /** Over the names and contents of all files: equal hashes mean equal code. */
  readonly hash: string;
  /** The file whose default export is the flow. */
  readonly entry: string;
  readonly sources: readonly PackageSource[];
  readonly externals: readonly ExternalPackage[];
  /** The flow's file, relative to `root`. */
  readonly flowFile: string;
  /** Full path of the folder that all source paths are relative to: the repository, the workspace or the project of the flow. */
  readonly root: string;
}

/** A flow file and everything that it imports. */
export interface CodePackage extends PackageHead {
  readonly files: readonly PackageFile[];
  /** For people: what will work here only. */
  readonly warnings: readonly string[];
  /** A folder of this machine that holds the files and a `package.json`: ready to be imported. */
  readonly folder: string;
}

/**
 * The `package.json` beside the files of a stored package. `type` tells Node that the files are modules. Equal code gives
 * equal facts but for `root`: that is where the package was built first.
 */
export interface PackageFacts extends PackageHead {
  readonly type: 'module';
  readonly format: 1;
  readonly files: readonly Omit<PackageFile, 'bytes'>[];
  /** The version of Leat that built it. */
  readonly leat: string;
}

/** Name of the facts' file. */
export const factsName = 'package.json';

/** The facts of a package, as they are stored. */
export function packageFacts(built: PackageHead & Pick<CodePackage, 'files'>, leat: string): PackageFacts {
  const { hash, entry, sources, externals, flowFile, root } = built;
  const files = built.files.map(({ name, hash: fileHash, size }) => ({ name, hash: fileHash, size }));
  return { type: 'module', format: 1, hash, entry, files, sources, externals, flowFile, root, leat };
}
