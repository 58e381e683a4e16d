import { Flow, catchError, retry, step, type Failure, type Inputs } from 'leat';

/**
 * `@retry` tries the failing task twice more; then `@catchError` stores the failure in a field, and
 * the run goes on without that result.
 */
export default class CatchDivideByZeroFlow extends Flow {
  declare divisors: number[];
  declare result: bigint;
  declare results: bigint[];
  declare divideFailed?: Failure;

  @step start() {
    this.divisors = [0, 1, 2];
    this.next(this.divide, { foreach: this.divisors });
  }

  @catchError({ var: 'divideFailed' })
  @retry({ times: 2, minutesBetweenRetries: 0 })
  @step
  divide(divisor: number) {
    this.result = 10n / BigInt(divisor);
    this.next(this.join);
  }

  @step join(inputs: Inputs<CatchDivideByZeroFlow>) {
    for (const { divideFailed } of inputs) {
      if (divideFailed) console.log('failed:', divideFailed.message, `(${divideFailed.attempts} attempts)`);
    }
    this.results = inputs.filter((task) => !task.divideFailed).map((task) => task.result);
    console.log('results', this.results);
    this.next(this.end);
  }

  @step end() {
    console.log('done!');
  }
}
