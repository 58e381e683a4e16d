import { Flow, local, parameter, step, type Inputs } from 'leat';

/** Only `work` goes to the layer that is named with `--with`; what it does there, the layer makes up. */
export default class ArraysFlow extends Flow {
  items = parameter(1000, { help: 'width of the foreach' });

  @local @step start() {
    this.next(this.work, { foreach: Array.from({ length: this.items }, (_, index) => index) });
  }

  @step work(_item: number) {
    this.next(this.join);
  }

  @local @step join(inputs: Inputs<ArraysFlow>) {
    console.log('joined', inputs.length);
    this.next(this.end);
  }

  @local @step end() {}
}
