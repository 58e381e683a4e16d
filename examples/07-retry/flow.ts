import { Flow, retry, step } from 'leat';

/** A step that fails in every other second of the clock, and is tried again a second later. */
export default class RetryFlow extends Flow {
  @retry({ times: 5, minutesBetweenRetries: 1 / 60 })
  @step
  start() {
    if (Math.floor(Date.now() / 1000) % 2 === 0) throw new Error('Bad luck!');
    console.log('Lucky you!');
    this.next(this.end);
  }

  @step end() {
    console.log('Phew!');
  }
}
