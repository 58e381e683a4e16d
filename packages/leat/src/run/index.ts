export { checkFlow } from './check-flow.ts';
export { collect } from './collect.ts';
export type { AnnouncedRun, RunHandle, RunResult } from './drive-run.ts';
export { resolveHome } from '../home/home.ts';
export { prepareFlow } from './prepare-flow.ts';
export { recoverRun } from './recover-run.ts';
export { resumeRun, type ResumePlan } from './resume-run.ts';
export { run, type RunOptions } from './run.ts';
export { startRun } from './start-run.ts';
