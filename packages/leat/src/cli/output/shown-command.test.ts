import { expect, it } from 'vitest';
import { shownCommand, withoutSecrets } from './shown-command.ts';

it('leaves the password of a URL out of a command', () => {
  const argv = [
    'run',
    'flow.ts',
    '--metadata',
    'postgres://ada:s3cret@db/leat',
    '--metadata=postgres://a:s3cr@et@db/leat',
  ];
  expect(shownCommand(argv)).toBe(
    'leat run flow.ts --metadata postgres://ada@db/leat --metadata=postgres://a@db/leat',
  );
  expect(shownCommand(['run', '--metadata', 'postgres://ada:s3#cret@db/leat'])).toBe(
    'leat run --metadata postgres://…',
  );
  expect(shownCommand(['list', '--metadata', 'postgres:///leat?password=s3cret'])).toBe(
    'leat list --metadata postgres:///leat',
  );
});

it('leaves other arguments as they are', () => {
  const argv = [
    'run',
    'flow.ts',
    '--site',
    'https://example.com',
    '--mail',
    'ada@example.com',
    '--note',
    'a: b',
  ];
  expect(shownCommand(argv)).toBe(`leat ${argv.join(' ')}`);
});

it('leaves passwords out of what is said about a command', () => {
  const argv = ['list', '--metadat=postgres://ada:s3cret@db/leat'];
  expect(withoutSecrets(`unknown option '${argv[1]}'`, argv)).toBe(
    "unknown option '--metadat=postgres://ada@db/leat'",
  );
});
