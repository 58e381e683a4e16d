import { Flow, step } from 'leat';

/** Two steps and one artifact; metaflow/hello.py is the same. */
export default class HelloFlow extends Flow {
  declare greeting: string;

  @step start() {
    this.greeting = 'Hello, world!';
    this.next(this.end);
  }

  @step end() {
    console.log(this.greeting);
  }
}
