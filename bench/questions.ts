// All questions, in the order of the design's budgets; what has none of its own comes after what it belongs to.
import { arrays } from './arrays.ts';
import { artifact } from './artifact.ts';
import { artifactChain } from './artifact-chain.ts';
import { batchCalls } from './batch-calls.ts';
import { container } from './container.ts';
import { curves } from './curves.ts';
import { files } from './files.ts';
import { foreach } from './foreach.ts';
import type { Question } from './harness/question.ts';
import { hello } from './hello.ts';
import { itemBytes } from './item-bytes.ts';
import { join } from './join.ts';
import { looks } from './looks.ts';
import { million } from './million.ts';
import { peers } from './peers.ts';
import { recover } from './recover.ts';
import { resume } from './resume.ts';

/** See the file's header. */
export const questions: readonly Question[] = [
  hello,
  foreach,
  curves,
  million,
  join,
  looks,
  arrays,
  batchCalls,
  itemBytes,
  artifact,
  artifactChain,
  resume,
  recover,
  container,
  files,
  peers,
];
