/** The full address of an attempt, for people and for names on platforms: `TrainFlow/417/train[3]@0`. */
export const formatAttempt = (
  { flow, id }: { readonly flow: string; readonly id: string },
  task: string,
  attempt: number,
): string => `${flow}/${id}/${task}@${attempt}`;
