/** `leat diagnose TASK`: why it waits or died, and what to do. */
import { diagnoseTask, type TaskDiagnosis } from '../../run/index.ts';
import { formatDuration } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import type { Output, Terminal } from '../output/terminal.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface DiagnoseCommand {
  readonly terminal: Terminal;
  readonly task: string;
  readonly options: ReadFlags;
}

const certainty: Readonly<Record<NonNullable<TaskDiagnosis['confidence']>, string>> = {
  certain: '',
  likely: 'most likely ',
  none: '',
};

/** The diagnosis as people read it. */
function diagnosisText(found: TaskDiagnosis, out: Pick<Output, 'style'>, now: number): string {
  const {
    task,
    status,
    attempt,
    layer,
    job,
    submittedAt,
    cause,
    remedy,
    confidence = 'certain',
    evidence = [],
  } = found;
  const age = submittedAt === undefined ? '' : `, submitted ${formatDuration(now - submittedAt)} ago`;
  const where =
    attempt === undefined
      ? ''
      : `, attempt ${attempt} on '${layer}'${job === undefined ? '' : ` (job ${job})`}${age}`;
  return [
    `${out.style('bold', task)} ${status}${where}`,
    '',
    `  ${out.style('yellow', 'why')}  ${certainty[confidence]}${cause}`,
    ...(remedy === undefined ? [] : [`  ${out.style('green', 'fix')}  ${remedy}`]),
    ...(evidence.length === 0 ? [] : ['', '  what was looked at:', ...evidence.map((line) => `  - ${line}`)]),
    '',
  ].join('\n');
}

/** `leat diagnose TASK`. */
export async function diagnose({ terminal, task, options }: DiagnoseCommand): Promise<number> {
  const found = await withClient(options, async (client) => diagnoseTask(client, task));
  terminal.out.write(
    options.json === true ? jsonText(found, false) : diagnosisText(found, terminal.out, Date.now()),
  );
  return 0;
}
