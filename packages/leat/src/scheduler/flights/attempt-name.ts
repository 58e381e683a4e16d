/** The full address of an attempt, for people and for names on platforms: `TrainFlow/417/train[3]@0`. */
export const formatAttempt = (
  { flow, id }: { readonly flow: string; readonly id: string },
  task: string,
  attempt: number,
): string => `${flow}/${id}/${task}@${attempt}`;

/** The same for a chunk, by its first task and its number within the run: `TrainFlow/417/train[3]@0+7`. */
export const formatChunk = (
  run: { readonly flow: string; readonly id: string },
  first: string,
  { attempt, number }: { readonly attempt: number; readonly number: number },
): string => `${formatAttempt(run, first, attempt)}+${number}`;
