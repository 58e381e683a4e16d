import { setTimeout as sleep } from 'node:timers/promises';
import { Flow, retry, step, timeout } from 'leat';

/** Counts for as many seconds as the clock's last digit says; after five it is ended, and retried. */
export default class TimeoutFlow extends Flow {
  @retry({ times: 5, minutesBetweenRetries: 1 / 60 })
  @timeout({ seconds: 5 })
  @step
  async start() {
    const seconds = Math.floor(Date.now() / 1000) % 10;
    for (let second = 0; second < seconds; second++) {
      console.log(second);
      await sleep(1000);
    }
    this.next(this.end);
  }

  @step end() {
    console.log('success!');
  }
}
