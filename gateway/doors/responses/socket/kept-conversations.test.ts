import { expect, it } from 'vitest';
import { KeptConversations } from './kept-conversations.ts';

const keep = (responseId: string, characters: number) => ({ responseId, id: 'c1', items: [], characters });

it('keeps the last conversation of each WebSocket, within its bound: the one used least recently is dropped', () => {
  const kept = new KeptConversations(100);
  const [a, b, c] = [{}, {}, {}];
  kept.keep(a, keep('resp_1', 40));
  kept.keep(a, keep('resp_2', 40));
  expect([kept.find(a, 'resp_1'), kept.find(a, 'resp_2')?.characters]).toEqual([undefined, 40]);
  kept.keep(b, keep('resp_3', 40));
  expect(kept.find(b, 'resp_2')).toBeUndefined();
  kept.find(a, 'resp_2');
  kept.keep(c, keep('resp_4', 40));
  expect([kept.find(a, 'resp_2'), kept.find(b, 'resp_3')]).toEqual([expect.anything(), undefined]);
  kept.keep(c, keep('resp_5', 101));
  expect(kept.find(c, 'resp_5')).toBeUndefined();
  kept.drop(a);
  expect(kept.find(a, 'resp_2')).toBeUndefined();
});
