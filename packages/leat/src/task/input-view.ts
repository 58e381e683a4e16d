/**
 * One input of a join, as the step sees it: a read-only object whose properties are read on first touch. There may be a million
 * of them, so each is a proxy before one small object, and all share their traps.
 */
import type { ArtifactRef } from '../datastore/manifest.ts';
import { LeatError } from '../errors/index.ts';

/** What is behind an input. */
export class InputView {
  readonly join: ViewedJoin;
  readonly index: number;
  /** Values that were loaded, each in the slot of its name. */
  readonly values: unknown[] = [];

  constructor(join: ViewedJoin, index: number) {
    this.join = join;
    this.index = index;
  }
}

/** Where views get what is asked of them. */
export interface ViewedJoin {
  /** Any property of an input: item, position, parameter, getter, artifact. */
  read(view: InputView, name: string, input: object): unknown;
  /** What the joined task has left; read when first asked for. */
  artifacts(index: number): Readonly<Record<string, ArtifactRef>>;
  label(index: number): string;
}

/** Artifacts up to this size are shown by `console.log(input)`. */
const shownBytes = 64 * 1024;

// Known here only: nobody else can ask an input for it.
const behind = Symbol('leat.input');
const inspect = Symbol.for('nodejs.util.inspect.custom');

/** The object that a step gets for a view. */
export const showView = (view: InputView): object => new Proxy(view, traps);

/** The view behind an input; `undefined` for anything else. */
export function viewOf(input: unknown): InputView | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const view = (input as Readonly<Record<symbol, unknown>>)[behind];
  return view instanceof InputView ? view : undefined;
}

const fixed = ({ join, index }: InputView, property: string | symbol): never => {
  throw new LeatError(
    'ARTIFACT_READ_ONLY',
    `an input of a join is read-only: '${String(property)}' of ${join.label(index)} cannot be set`,
    {
      hint: 'Set a field of this instead.',
    },
  );
};

const hasArtifact = ({ join, index }: InputView, property: string | symbol): property is string =>
  typeof property === 'string' && Object.hasOwn(join.artifacts(index), property);

const traps: ProxyHandler<InputView> = {
  get: (view, property, input: object) =>
    typeof property === 'string'
      ? view.join.read(view, property, input)
      : property === behind
        ? view
        : undefined,
  has: (view, property) => property === 'input' || property === 'index' || hasArtifact(view, property),
  ownKeys: ({ join, index }) => Object.keys(join.artifacts(index)),
  // Not as in the target: it must say that it may change.
  getOwnPropertyDescriptor: (view, property) =>
    hasArtifact(view, property)
      ? {
          configurable: true,
          enumerable: true,
          writable: false,
          value: view.join.read(view, property, showView(view)),
        }
      : undefined,
  getPrototypeOf: () => null,
  set: fixed,
  defineProperty: fixed,
  deleteProperty: fixed,
};

// `console.log(input)` looks at what is behind a proxy, and calls this with the proxy as its `this`.
Object.defineProperty(InputView.prototype, inspect, {
  value(this: unknown): object | undefined {
    const view = viewOf(this);
    if (view === undefined) return undefined;
    const { join, index } = view;
    return Object.fromEntries(
      Object.entries(join.artifacts(index)).map(([name, { size, type }]) => [
        name,
        size <= shownBytes ? (this as Readonly<Record<string, unknown>>)[name] : `[${type}]`,
      ]),
    );
  },
});
