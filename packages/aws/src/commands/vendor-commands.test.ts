import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { vendor } from '../vendor.ts';
import { templateFile } from './template-command.ts';

it.each(vendor.commands)(
  '$words shows itself in its examples, and speaks JSON',
  ({ words, examples, options = [] }) => {
    expect(examples.some((line) => line.startsWith(`leat ${words.join(' ')}`))).toBe(true);
    expect(options.map(({ flags }) => flags)).toContain('--json');
  },
);

it('the template is small enough to be handed over as it is', () => {
  // CloudFormation takes 51,200 bytes in a request; larger ones must be in S3.
  expect(readFileSync(templateFile).byteLength).toBeLessThan(51_200);
});
