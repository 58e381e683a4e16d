import { Flow, step, type Inputs } from 'leat';

/**
 * One item of a foreach fails, and with it the run: exit status 1, the error and its line first.
 * (10 / 0 is Infinity in JavaScript; BigInt division is the honest one and throws.)
 */
export default class DivideByZeroFlow extends Flow {
  declare divisors: number[];
  declare result: bigint;
  declare results: bigint[];

  @step start() {
    this.divisors = [0, 1, 2];
    this.next(this.divide, { foreach: this.divisors });
  }

  @step divide(divisor: number) {
    this.result = 10n / BigInt(divisor); // a RangeError for 0
    this.next(this.join);
  }

  @step join(inputs: Inputs<DivideByZeroFlow>) {
    this.results = inputs.map((task) => task.result);
    console.log('results', this.results);
    this.next(this.end);
  }

  @step end() {
    console.log('done!');
  }
}
