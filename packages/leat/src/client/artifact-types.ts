/** What a flow's class says of its artifacts, for typed reading. */

/** The fields of a flow that are no methods: its artifacts and parameters. Any name and `unknown` when no class is given. */
export type ArtifactsOf<F> = unknown extends F
  ? Readonly<Record<string, unknown>>
  : {
      readonly [
        Name in keyof F as Name extends string
          ? F[Name] extends (...values: never[]) => unknown
            ? never
            : Name
          : never
      ]: F[Name];
    };

/** The names of a flow's artifacts. */
export type ArtifactName<F> = keyof ArtifactsOf<F> & string;

/** A flow's class, by which runs are found and artifacts are typed. */
export interface FlowClass<F> {
  readonly name: string;
  readonly prototype: F;
}
