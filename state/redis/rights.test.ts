import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { printRedisUsers } from '#test/support/processes/with-redis.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
const read = (ending: RegExp) =>
  files.filter((file) => ending.test(file)).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));

/** What is allowed to each user: `+get` and its like. */
const rights = Object.fromEntries(
  printRedisUsers()
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([, user = '', ...rules]) => [user, rules.filter((rule) => rule.startsWith('+'))]),
);

it('lets subgraphs send the commands that the scripts and stores of state/ send, and no other', () => {
  const inScripts = read(/\.lua$/).flatMap((text) => [...text.matchAll(/redis\.p?call\(\s*'(\w+)'/g)]);
  const direct = read(/(?<!test)\.ts$/).flatMap((text) => [
    ...text.matchAll(
      /\b(?:redis|commands|subscriber)\s*\.(get|set|del|xrange|ping|publish|subscribe|unsubscribe)\(/g,
    ),
  ]);
  const sent = [...inScripts, ...direct].map(([, name = '']) => `+${name.toLowerCase()}`);
  // ioredis runs scripts with EVALSHA, and EVAL the first time.
  const expected = [...new Set([...sent, '+eval', '+evalsha'])];
  expect(rights.heddle?.toSorted()).toEqual(expected.toSorted());
});

it('lets gateways send a part of it, and the default user nothing', () => {
  expect(rights.heddle).toEqual(expect.arrayContaining(rights['heddle-gateway'] ?? []));
  expect(rights['heddle-gateway']).not.toContain('+xrange');
  expect(rights['heddle-gateway']).not.toContain('+get');
  expect(printRedisUsers()).toContain('user default off\n');
});

it('is documented as it is', () => {
  const page = readFileSync(`${folder}/../docs/operations.md`, 'utf8');
  const documented = /`user heddle [^`]*`|```[^`]*user heddle [^`]*```/.exec(page)?.[0] ?? '';
  for (const line of printRedisUsers().trim().split('\n')) {
    expect(documented).toContain(line.replace(/#\w{64}/, '><password>'));
  }
});
