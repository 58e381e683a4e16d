import { Flow, parameter, resources, step } from 'leat';

/**
 * A step that needs 8 GB of memory, and says so. The same request holds on this machine and on any
 * compute layer. The long string is a local variable, so it is not stored.
 */
export default class LongStringFlow extends Flow {
  length = parameter(8_000_000_000, { help: 'bytes to allocate' });

  @resources({ memory: 10_000 })
  @step
  start() {
    const longString = Buffer.alloc(this.length, 'x');
    console.log(
      `lots of memory consumed: ${longString.length} bytes, the last is ${longString.toString('latin1', this.length - 1)}`,
    );
    this.next(this.end);
  }

  @step end() {
    console.log('done!');
  }
}
