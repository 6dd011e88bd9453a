import { expect, it } from 'vitest';
import type { ProviderPart } from '#providers/provider.ts';
import { toEvent, toPart } from './answer-events.ts';

const own = { messages: { caller: { type: 'direct' } } };
const call = { type: 'tool-call', index: 0, argumentsDelta: '{' } as const;
const parts: readonly ProviderPart[] = [
  { type: 'text', text: 'Hi', alternative: 1 },
  { ...call, id: 'c', name: 'f', own },
  { ...call, alternative: 1, own },
  call,
  { type: 'provider-block', format: 'messages', block: { a: 1 } },
];

it.each(parts)('an event of a part stands for all of it: %j', (part) => {
  const event = toEvent('c1', part);
  expect(event === undefined ? null : toPart(JSON.parse(JSON.stringify(event)))).toEqual(part);
});
