/**
 * The inputs of a join: a view on each of the tasks that it joins. Of a million inputs those are opened that are touched, each
 * when it is touched; what was opened long ago is let go, so that a step may go over all of them in bounded memory. Who goes over
 * them in order reads their manifests in bulk (`datastore/read-ahead.ts`).
 */
import type { ArtifactStore } from '../datastore/artifact-store.ts';
import { inheritArtifact } from '../datastore/inherit-artifacts.ts';
import type { ArtifactRef } from '../datastore/manifest.ts';
import { type InputList, makeInputs } from '../flow/inputs.ts';
import type { KnownArtifact, TaskSpec } from '../plan/task-spec.ts';
import type { ArtifactRefs, FlowFields } from './flow-fields.ts';
import { InputView, showView, type ViewedJoin, viewOf } from './input-view.ts';
import type { JoinedSourceList } from './joined-sources.ts';
import { KeptValues } from './kept-values.ts';
import { succeeded } from './source-refs.ts';
import { unsetArtifact } from './unset-artifact.ts';

/** One of the joined tasks. */
export interface JoinedTask {
  /** `train[3]`, or the step's name after a branch. */
  readonly label: string;
  /** What its manifest names. */
  readonly artifacts: ArtifactRefs;
  /** One of them, as the join refers to it. */
  inherit(name: string, ref: ArtifactRef): ArtifactRef;
}

/** What the inputs are made from. */
export interface JoinSetting {
  readonly spec: TaskSpec;
  readonly sources: JoinedSourceList;
  readonly artifacts: ArtifactStore;
  readonly parameters: () => Readonly<Record<string, unknown>>;
  /** Which fields are parameters, and what the class computes: `get area() { return this.width * this.height; }`. */
  readonly fields: Pick<FlowFields, 'isParameter' | 'hasGetter' | 'compute'>;
  /** The foreach item of an input, by its position in the split. */
  readonly itemOf: (index: number) => unknown;
}

/** A task whose manifest was read. */
interface Opened {
  readonly index: number;
  readonly label: string;
  readonly manifest: string;
  readonly artifacts: ArtifactRefs;
}

/** Of a name whose large values come over the network. */
interface Fetched {
  /** The input that is next in order. */
  readonly next: number;
  /** Up to which input they were fetched. */
  readonly until: number;
  /** How many the last time. */
  readonly count: number;
}

/** Inputs that stay the same object while a step goes over others. */
const keptViews = 4_096;
/** Manifests that stay read. */
const keptManifests = 128;
/** Large values of inputs that are fetched at the same time when a step goes over them in order. */
const aheadAtOnce = 24;
/** And no more of them than this, or one. In bytes. */
const aheadBytes = 64 * 1024 * 1024;

export class JoinInputs implements ViewedJoin {
  readonly #setting: JoinSetting;
  readonly #known: ReadonlyMap<string, KnownArtifact>;
  // Each index has one place in these; another one that has the same drives it out.
  readonly #views: (object | undefined)[];
  readonly #viewIndexes: Int32Array;
  readonly #opened: (Opened | undefined)[];
  readonly #slots = new Map<string, number>();
  readonly #kept = new KeptValues();
  readonly #fetched = new Map<string, Fetched>();
  readonly #getters = new Map<string, boolean>();
  /** What the step gets as its argument. */
  readonly list: InputList<object>;

  constructor(setting: JoinSetting) {
    this.#setting = setting;
    const { length, branches } = setting.sources;
    this.#known = new Map(setting.spec.known.map((artifact) => [artifact.name, artifact]));
    this.#viewIndexes = new Int32Array(Math.min(keptViews, length)).fill(-1);
    this.#views = Array.from({ length: this.#viewIndexes.length });
    this.#opened = Array.from({ length: Math.min(keptManifests, length) });
    this.list = makeInputs({
      length,
      at: (index) => this.#at(index),
      ...(branches === undefined ? {} : { branches }),
    });
  }

  /** The task behind an entry of {@link list}, or of what was filtered from it; `undefined` for anything else. */
  taskOf(input: unknown): JoinedTask | undefined {
    const view = viewOf(input);
    return view?.join === this ? this.#taskAt(view.index) : undefined;
  }

  /** The tasks of all inputs, one after the other. */
  *tasks(): Generator<JoinedTask> {
    for (let index = 0; index < this.list.length; index++) yield this.#taskAt(index);
  }

  read(view: InputView, name: string, input: object): unknown {
    const { fields, parameters, itemOf, sources } = this.#setting;
    if (name === 'input') return itemOf(sources.position(view.index));
    if (name === 'index') return sources.position(view.index);
    if (fields.isParameter(name)) return parameters()[name];
    if (this.#hasGetter(name)) return fields.compute(name, input);
    return this.#load(view, name);
  }

  artifacts(index: number): ArtifactRefs {
    return this.#open(index).artifacts;
  }

  label(index: number): string {
    return this.#setting.sources.at(index).label;
  }

  #at(index: number): object {
    const place = index % this.#viewIndexes.length;
    const known = this.#viewIndexes[place] === index ? this.#views[place] : undefined;
    if (known !== undefined) return known;
    const input = showView(new InputView(this, index));
    this.#views[place] = input;
    this.#viewIndexes[place] = index;
    return input;
  }

  #taskAt(index: number): JoinedTask {
    const { label, manifest, artifacts } = this.#open(index);
    return { label, artifacts, inherit: (name, ref) => inheritArtifact(manifest, name, ref) };
  }

  #open(index: number): Opened {
    const place = index % this.#opened.length;
    const known = this.#opened[place];
    if (known?.index === index) return known;
    const { label, manifest } = this.#setting.sources.at(index);
    const { artifacts } = succeeded(label, manifest, this.#setting.artifacts.readManifest(manifest));
    const opened = { index, label, manifest, artifacts };
    this.#opened[place] = opened;
    return opened;
  }

  #load(view: InputView, name: string): unknown {
    const slot = this.#slots.get(name);
    const kept = slot === undefined ? undefined : view.values[slot];
    if (kept !== undefined) return kept;
    const { artifacts, manifest } = this.#open(view.index);
    const ref = Object.hasOwn(artifacts, name) ? artifacts[name] : undefined;
    if (ref === undefined) return this.#absent(view, name);
    if (ref.stored === 'blob' && this.#setting.artifacts.fetchesTogether) this.#fetchAhead(view.index, name);
    const value = this.#setting.artifacts.loadOf(manifest, ref);
    this.#kept.keep(view.values, slot ?? this.#newSlot(name), { value, size: ref.size });
    return value;
  }

  /** A large value comes over the network: who goes over the inputs in order waits once for ever more of them. Who touches one gets one. */
  #fetchAhead(index: number, name: string): void {
    const { next, until, count } = this.#fetched.get(name) ?? { next: -1, until: 0, count: 1 };
    const isInOrder = next === index;
    if (!isInOrder || index < until) {
      this.#fetched.set(name, {
        next: index + 1,
        ...(isInOrder ? { until, count } : { until: 0, count: 1 }),
      });
      return;
    }
    const more = Math.min(aheadAtOnce, 2 * count);
    const refs: ArtifactRef[] = [];
    let at = index;
    for (let bytes = 0; at < Math.min(this.list.length, index + more) && bytes < aheadBytes; at += 1) {
      const ref = this.#refAhead(at, name);
      if (ref?.stored !== 'blob') continue;
      refs.push(ref);
      bytes += ref.size;
    }
    this.#fetched.set(name, { next: index + 1, until: at, count: more });
    if (refs.length > 1) this.#setting.artifacts.fetchTogether(refs);
  }

  /** What is wrong with an input is told when it is touched. */
  #refAhead(index: number, name: string): ArtifactRef | undefined {
    try {
      const { artifacts } = this.#open(index);
      return Object.hasOwn(artifacts, name) ? artifacts[name] : undefined;
    } catch {
      return undefined;
    }
  }

  #newSlot(name: string): number {
    const slot = this.#slots.size;
    this.#slots.set(name, slot);
    return slot;
  }

  #absent({ index }: InputView, name: string): undefined {
    const artifact = this.#known.get(name);
    if (artifact?.always !== true) return undefined;
    const expression = `inputs[${index}].${name}`;
    throw unsetArtifact(artifact, { step: this.#setting.spec.step, expression, from: 'input' });
  }

  #hasGetter(name: string): boolean {
    let has = this.#getters.get(name);
    if (has !== undefined) return has;
    has = this.#setting.fields.hasGetter(name);
    // Names may be made up without end.
    if (this.#getters.size < keptManifests) this.#getters.set(name, has);
    return has;
  }
}
