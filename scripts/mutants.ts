// Deliberate bugs in the scheduler and the engine, for `npm run simulate:mutants`. Each is one replacement in a source file, as a careless change
// might make it. The text to be replaced must be there exactly once: a mutant whose text is gone has to be written anew.

/** A bug: in `file` of packages/leat/src/scheduler, `from` becomes `to`. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'a retry for a fault of the platform is charged to the user',
    file: 'policy/attempt-events.ts',
    from: "if (payer === 'platform') task.platformFailures += 1;\n  else if (payer === 'user') task.ownFailures += 1;",
    to: 'task.ownFailures += 1;',
  },
  {
    name: 'a join starts one arrival early',
    file: 'policy/frames.ts',
    from: 'if (frame.arrived === frame.count) startJoin',
    to: 'if (frame.arrived === Math.max(1, frame.count - 1)) startJoin',
  },
  {
    name: 'a second success of a task counts',
    file: 'policy/attempt-events.ts',
    from: "    keepOther(state, task, event.attempt);\n    task.phase = 'beaten';",
    to: '    keepOther(state, task, event.attempt);',
  },
  {
    name: 'members that a chunk never began pay for its end',
    file: 'settle/chunk-end.ts',
    from: "blame === 'first' ? open.slice(0, 1)",
    to: "blame === 'first' ? open",
  },
  {
    name: 'who ends with a member makes the next one pay',
    file: 'settle/chunk-end.ts',
    from: "return work.endedEarly ? 'none' : 'first';",
    to: "return 'first';",
  },
  {
    name: 'the end of a run forgets what is on its way to a layer',
    file: 'jobs/layer-driver.ts',
    from: 'if (isRecalled) late.push(result.job);',
    to: '',
  },
  {
    name: 'what was handed over is handed over again when an engine takes up the run',
    file: 'policy/repeat-commands.ts',
    from: "    case 'submitted':\n      watch(state, task, out);\n      return;",
    to: "    case 'submitted':\n      repeatSubmit(state, task, out);\n      return;",
  },
  {
    name: 'an engine that takes up the run forgets what was handed over',
    file: 'run-loop.ts',
    from: 'if (recovering) await this.#performer.adopt(inFlight);',
    to: '',
  },
  {
    name: 'a job that a poll does not tell of has ended well',
    file: 'jobs/job-watch.ts',
    from: 'if (cutShort) return false;',
    to: '',
  },
  {
    name: 'a poll that fails is the end of its jobs',
    file: 'back-off.ts',
    from: 'if (!isTransient(error) || signal.aborted) throw error;',
    to: "if (!isTransient(error) || signal.aborted) throw error;\n      if (what.includes('for its jobs')) return new Map() as T;",
  },
  {
    name: 'a step runs one job more than @concurrency says',
    file: 'policy/places.ts',
    from: '(state.inFlightByStep[step] ?? 0) < plan.concurrency',
    to: '(state.inFlightByStep[step] ?? 0) <= plan.concurrency',
  },
  {
    name: 'a window of a layer is one too wide',
    file: 'policy/places.ts',
    from: '(state.inFlightByLayer[layer] ?? 0) >= window',
    to: '(state.inFlightByLayer[layer] ?? 0) > window',
  },
  {
    name: 'the place of a chunk is never free again',
    file: 'policy/chunk-events.ts',
    from: '  changePlaces(state, chunk.step, -1);\n',
    to: '',
  },
  {
    name: 'the place of a chunk is free when its last member is decided',
    file: 'policy/chunk-events.ts',
    from: '    state.active.delete(task.address);\n    count.inFlight -= 1;',
    to: '    state.active.delete(task.address);\n    if (chunk.open.size === 0) state.inFlight -= 1;\n    count.inFlight -= 1;',
  },
  {
    name: 'the result of the attempt before is read',
    file: 'settle/settler.ts',
    from: 'readAttempt(datastore, flight.pieces.spec.manifest, flight),',
    to: "readAttempt(datastore, flight.pieces.spec.manifest.replace('@1', '@0'), { ...flight, attempt: flight.attempt === 1 ? 0 : flight.attempt }),",
  },
  {
    name: 'the timer of a retry is lost with the engine that set it',
    file: 'policy/repeat-commands.ts',
    from: "    case 'waiting':\n      commandWake(task, out);\n      return;",
    to: "    case 'waiting':\n      return;",
  },
  {
    name: 'a stand-in is lost with the engine that was to commit it',
    file: 'policy/repeat-commands.ts',
    from: "    case 'catching':\n      commandCatch(state, task, out);\n      return;",
    to: "    case 'catching':\n      return;",
  },
  {
    name: 'the loop does not wake for what comes in',
    file: 'run-loop.ts',
    from: '    push(this.#inbox, event);\n    this.#wake();',
    to: "    push(this.#inbox, event);\n    if (event.type !== 'retry-due') this.#wake();",
  },
  {
    name: 'an engine acts before its log is written',
    file: 'run-loop.ts',
    from: '    await this.#log.append(log, backOff);\n    this.#throwFault();',
    to: '    this.#performer.perform(commands.filter(({ type }) => type !== "end"));\n    commands.splice(0, commands.length, ...commands.filter(({ type }) => type === "end"));\n    await this.#log.append(log, backOff);\n    this.#throwFault();',
  },
  {
    name: 'an engine that stood still writes without a look at its lease',
    file: 'lease/lease-keeper.ts',
    from: 'if (!holds()) throw expired(lease, cause);',
    to: '',
  },
  {
    name: 'a job that was lost sight of may commit and nobody looks',
    file: 'settle/settler.ts',
    from: 'const manifest = await this.#read(flight);',
    to: "const manifest = end.state === 'failed' && end.reason === 'lost' ? undefined : await this.#read(flight);",
  },
  {
    name: 'the order of the arrivals at a join is that of their ends',
    file: 'policy/frames.ts',
    from: 'frame.arrivals[place] = finished;',
    to: 'frame.arrivals[frame.arrived] = finished;',
  },
  {
    name: 'a retry counts one try too few',
    file: 'policy/retry.ts',
    from: 'failed.ownFailures >= policy.times ? undefined',
    to: 'failed.ownFailures + 1 >= policy.times ? undefined',
  },
  {
    name: 'a lease counts from when the loop begins',
    file: 'lease/lease-keeper.ts',
    from: 'arm(facts.since ?? clock.steady());',
    to: 'arm(clock.steady());',
  },
  {
    name: 'an engine that takes up a run that has failed ends what runs',
    file: 'perform.ts',
    from: 'if (this.#state.cancelling && this.#state.inFlight > 0) {',
    to: 'if (this.#state.ending !== undefined && this.#state.inFlight > 0) {',
  },
  {
    name: 'an append whose answer was lost is made again without a look at the log',
    file: 'lease/event-log.ts',
    from: 'isUnsure ? await this.#find(events) : undefined',
    to: 'undefined',
  },
  {
    name: 'what may have reached a layer is sent again without asking',
    file: 'jobs/hand-over.ts',
    from: '      await parcel.look(layer);\n      context.requireLease();',
    to: '      context.requireLease();',
  },
  {
    name: 'what may have reached a layer is given up without asking',
    file: 'jobs/hand-over.ts',
    from: '    await lookLast({ layer, context, recalled }, parcel);\n',
    to: '',
  },
];
