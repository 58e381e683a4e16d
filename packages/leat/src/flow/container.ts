import { type LayerDecorator, layerDecorator } from './step-decorators.ts';

/** `@container`: where and how the tasks of a step run in containers of this machine. Everything has a default. */
export interface ContainerOptions {
  /**
   * Image to run in: any Linux image with a shell and glibc, since Leat brings its own Node (`python:3.12`, a CUDA image, …); one with musl needs
   * a Node of its own. Default: the variable `LEAT_CONTAINER_IMAGE`, else `docker.io/library/node:<major>-slim` of the running Node.
   */
  readonly image?: string;
  /** Cores, enforced; may be a fraction. Default: not limited, and counted as one. */
  readonly cpu?: number;
  /** MB, enforced: a task that needs more fails as `out-of-memory`. Default: not limited. */
  readonly memory?: number;
  /** Devices. Default: none. */
  readonly gpu?: number;
  /** Size of `/dev/shm` in MB. Default: that of the engine, 64. */
  readonly sharedMemory?: number;
  /** File systems in memory: a size in MB for `/tmp`, or a size in MB by path. Default: none. */
  readonly tmpfs?: number | Readonly<Record<string, number>>;
  /** `folder:/place`, `folder:/place:ro`, or the name of a volume instead of a folder. A relative folder (`./data`) is looked for in the working directory. */
  readonly volumes?: readonly string[];
  /** Variables of the container. They are stored with the run: no place for secrets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** User or `user:group`, by name or number. Default: whoever runs Leat. */
  readonly user?: string | number;
  /** `bridge`, `host`, `none`, or the name of a network. Default: that of the engine. `host` starts fastest and reaches what listens on this machine. */
  readonly network?: string;
}

/**
 * Runs the step in a container of this machine, by podman or docker. What it says of cpu, memory and gpu wins over `@resources`, value
 * by value. The options are checked before the run starts.
 *
 * @example
 * @container({ image: 'docker.io/library/python:3.12', memory: 2000 })
 * @step train() { … }
 * @throws LeatError OPTION_INVALID, when the run is planned
 */
export const container: LayerDecorator<ContainerOptions> = layerDecorator<ContainerOptions>('container');
