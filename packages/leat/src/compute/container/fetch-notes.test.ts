import { beforeEach, expect, it } from 'vitest';
import type { After } from './after.ts';
import { tellOfFetch } from './fetch-notes.ts';

let now = 0;
let next: { readonly at: number; readonly call: () => void } | undefined;
let told: string[] = [];

const after: After = (ms, call) => {
  const own = { at: now + ms, call };
  next = own;
  return () => {
    if (next === own) next = undefined;
  };
};

function pass(seconds: number): void {
  const end = now + seconds * 1000;
  for (let due = next; due !== undefined && due.at <= end; due = next) {
    now = due.at;
    due.call();
  }
  now = end;
}

const fetch = () => tellOfFetch('node:26', (text) => told.push(`${now / 1000} ${text}`), after);

beforeEach(() => {
  now = 0;
  next = undefined;
  told = [];
});

it('says nothing of an image that is there at once', () => {
  const notes = fetch();
  pass(1);
  notes.end(true);
  pass(100);
  expect(told).toEqual([]);
});

it('says how far a slow one has come, and that it has come', () => {
  const notes = fetch();
  pass(5);
  for (let mb = 1; mb <= 40; mb += 1) notes.note(`fetching node:26: ${mb} of 80 MB`);
  pass(10);
  notes.end(true);
  pass(100);
  expect(told).toEqual(['2 fetching node:26', '12 fetching node:26: 40 of 80 MB', '15 fetched node:26']);
});

it('leaves it to others to say why one has not come', () => {
  const notes = fetch();
  pass(3);
  notes.end(false);
  pass(100);
  expect(told).toEqual(['2 fetching node:26']);
});
