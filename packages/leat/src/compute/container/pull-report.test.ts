import { describe, expect, it } from 'vitest';
import { PullReport } from './pull-report.ts';

const lines = [
  { status: 'Pulling from library/node', id: '26-slim' },
  { status: 'Downloading', id: 'a', progressDetail: { current: 10, total: 100 } },
  { status: 'Downloading', id: 'b', progressDetail: { current: 5, total: 50 } },
  { status: 'Downloading', id: 'a', progressDetail: { current: 100, total: 100 } },
  { status: 'Extracting', id: 'c', progressDetail: {} },
];

describe('PullReport', () => {
  it('adds up what is told of the parts of an image, wherever the text is cut', () => {
    const text = lines.map((line) => `${JSON.stringify(line)}\r\n`).join('');
    for (const length of [1, 7, 1000]) {
      const report = new PullReport();
      for (let at = 0; at < text.length; at += length) report.add(text.slice(at, at + length));
      expect(report).toMatchObject({ done: 105, total: 150, error: undefined });
    }
  });

  it('keeps the first reason, and what an engine says that refuses at once', () => {
    const report = new PullReport();
    report.add(`{"error":"no route"}\n{"error":"later"}\nnot JSON\n`);
    expect(report.error).toBe('no route');
    report.add('{"message":"denied"}');
    expect(report.rest).toBe('{"message":"denied"}');
    // Docker ends its refusal with a line end.
    const refusal = new PullReport();
    refusal.add('{"message":"unauthorized"}\n');
    expect(refusal.error).toBe('unauthorized');
  });
});
