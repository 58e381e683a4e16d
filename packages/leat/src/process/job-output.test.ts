import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { JobOutput } from './job-output.ts';

const mark = 'the-mark';
const turn = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** The output of a process whose pipes the test writes to. */
function outputOf(marked: boolean) {
  const stdout = new PassThrough({ highWaterMark: 2 ** 24 });
  const stderr = new PassThrough();
  const begun: number[] = [];
  const memberBegan = (): void => void begun.push(output.member);
  const output: JobOutput = new JobOutput(stdout, stderr, marked ? { mark, memberBegan } : undefined);
  return { stdout, stderr, output, begun };
}

describe('JobOutput', () => {
  it('tells members apart on both streams, and each of them once', async () => {
    const { stdout, stderr, output, begun } = outputOf(true);
    stdout.end(`${mark} 0\nfirst${mark} 1\nsecond\n`);
    stderr.end(`${mark} 0\n${mark} 1\noops\n`);
    const told = [];
    for await (const { stream, bytes, member } of output.chunks())
      told.push(`${member} ${stream} ${Buffer.from(bytes).toString()}`);
    expect(told.toSorted()).toEqual(['0 stdout first', '1 stderr oops\n', '1 stdout second\n']);
    expect(begun).toEqual([1]);
  });

  it('names no member of a job that is no chunk', async () => {
    const { stdout, stderr, output } = outputOf(false);
    stdout.end(`${mark} 1\n`);
    stderr.end();
    for await (const chunk of output.chunks()) expect(chunk).not.toHaveProperty('member');
  });

  it('holds no more than a little for a reader that is behind, however small the pieces of the members are', async () => {
    const { stdout, output } = outputOf(true);
    let written = 0;
    for (let member = 0; member < 200_000; member += 1) {
      const line = `${mark} ${member}\n.`;
      written += line.length;
      stdout.write(line);
      if (member % 1000 === 0) await turn();
    }
    await turn();
    expect(written).toBeGreaterThan(3_000_000);
    expect(stdout.readableLength).toBeGreaterThan(written - 1_000_000);
    expect(output.member).toBeGreaterThan(0);
    stdout.destroy();
  });

  it('sees the member that runs also when nobody reads', async () => {
    const { stdout, output } = outputOf(true);
    stdout.write(`${mark} 0\n${'x'.repeat(400_000)}`);
    await turn();
    stdout.write(`${mark} 1\n`);
    await turn();
    expect(output.member).toBe(0);
    await output.catchUp();
    expect(output.member).toBe(1);
    stdout.write(`${'x'.repeat(400_000)}${mark} 2\n`);
    await turn();
    await turn();
    expect(output.member).toBe(1);
    stdout.destroy();
  });
});
