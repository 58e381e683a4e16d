import { Flow, step } from 'leat';

let moduleValue = 5;

/**
 * Every task is a fresh process: a module variable that `start` sets is back at its first value in
 * `end`. What must reach the next step is a field of `this`.
 */
export default class ProcessDemoFlow extends Flow {
  declare fieldValue: number;

  @step start() {
    moduleValue = 9;
    this.fieldValue = 9;
    console.log('process ID is', process.pid);
    console.log('moduleValue is', moduleValue);
    this.next(this.end);
  }

  @step end() {
    console.log('process ID is', process.pid);
    console.log('moduleValue is', moduleValue, 'again');
    console.log('fieldValue is', this.fieldValue, 'still');
  }
}
