import { Flow, current, parameter, step } from 'leat';

/** The smallest useful flow: a parameter, an artifact, two steps. */
export default class HelloFlow extends Flow {
  name = parameter('world', { help: 'whom to greet' });

  declare greeting: string;

  @step start() {
    this.greeting = `Hello, ${this.name}!`;
    this.next(this.end);
  }

  @step end() {
    console.log(this.greeting);
    console.log(`This was ${current.flow}, run ${current.run}.`);
  }
}
