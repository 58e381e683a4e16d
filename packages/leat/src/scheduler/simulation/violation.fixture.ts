/** Something happened that must never happen. */
export class Violation extends Error {
  /** The task that it happened to, when it was one. */
  readonly task: string | undefined;

  constructor(message: string, task?: string) {
    super(message);
    this.name = 'Violation';
    this.task = task;
  }
}
