import { Flow, parameter, step, type Inputs } from 'leat';

/** Many tasks that do next to nothing, so that what is left is the cost of a task; metaflow/foreach.py is the same. */
export default class ForeachFlow extends Flow {
  items = parameter(1000, { help: 'width of the foreach' });
  talk = parameter(false, { help: 'whether each task prints a line' });

  declare numbers: number[];
  declare result: number;
  declare total: number;

  @step start() {
    this.numbers = Array.from({ length: this.items }, (_, index) => index);
    this.next(this.square, { foreach: this.numbers });
  }

  @step square(item: number) {
    this.result = item * item;
    if (this.talk) console.log('the square is', this.result);
    this.next(this.join);
  }

  @step join(inputs: Inputs<ForeachFlow>) {
    this.total = inputs.reduce((sum, task) => sum + task.result, 0);
    this.next(this.end);
  }

  @step end() {
    console.log('total', this.total);
  }
}
