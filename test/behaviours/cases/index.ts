import type { Behaviour } from '../behaviour.ts';
import { artifacts } from './artifacts.ts';
import { catchErrors } from './catch-error.ts';
import { currentTask } from './current.ts';
import { exception, killedBySignal } from './exception.ts';
import { foreachStack } from './foreach-stack.ts';
import { largeArtifact } from './large-artifact.ts';
import { logs } from './logs.ts';
import { merge } from './merge.ts';
import { parameters } from './parameters.ts';
import { resumeFrom, resumes } from './resume.ts';
import { retry } from './retry.ts';
import { runIdFile } from './run-id-file.ts';
import { tags } from './tags.ts';
import { timeout } from './timeout.ts';

/** All behaviours; each runs on every shape that it applies to. */
export const behaviours: readonly Behaviour[] = [
  artifacts,
  foreachStack,
  merge,
  retry,
  catchErrors,
  timeout,
  ...resumes,
  resumeFrom,
  logs,
  largeArtifact,
  tags,
  exception,
  killedBySignal,
  runIdFile,
  currentTask,
  parameters,
];
