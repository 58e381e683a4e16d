export { type CheckedFlow, checkFlow } from './check-flow.ts';
export { collect } from './collect.ts';
export type { DriveOptions, RunHandle, RunResult } from './drive-run.ts';
export { currentNamespace, currentUser, type Home, resolveHome } from '../home/home.ts';
export { type PreparedFlow, prepareFlow, type PrepareOptions } from './prepare-flow.ts';
export { resumeRun, type ResumeOptions, type ResumePlan } from './resume-run.ts';
export { run, type RunOptions } from './run.ts';
export { startRun, type StartOptions } from './start-run.ts';
