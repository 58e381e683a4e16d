import { Flow, step, type Inputs } from 'leat';

/** An error that the step expects, it handles itself: the cheapest way, and no try is used up. */
export default class DivideTryCatchFlow extends Flow {
  declare divisors: number[];
  declare result: bigint | undefined;
  declare results: (bigint | undefined)[];

  @step start() {
    this.divisors = [0, 1, 2];
    this.next(this.divide, { foreach: this.divisors });
  }

  @step divide(divisor: number) {
    try {
      this.result = 10n / BigInt(divisor);
    } catch {
      this.result = undefined;
    }
    this.next(this.join);
  }

  @step join(inputs: Inputs<DivideTryCatchFlow>) {
    this.results = inputs.map((task) => task.result);
    console.log('results', this.results);
    this.next(this.end);
  }

  @step end() {
    console.log('done!');
  }
}
