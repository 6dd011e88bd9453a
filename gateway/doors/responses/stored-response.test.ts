import { describe, expect, it } from 'vitest';
import type { CallContext } from '../../operations/run-declared.ts';
import { resolveReferences, writeKeptRequest } from './stored-response.ts';

/** What is refused or left out before the graph is called needs nothing of a request. */
const unusedCall = {} as CallContext;

describe('what is stored with a response', () => {
  const bytesMax = 8 * 1024 * 1024;
  const around = JSON.stringify({ conversationId: 'c1', items: [{ content: '' }], request: {} }).length;
  const kept = (length: number) => ({
    conversation: { id: 'c1', items: [{ content: 'x'.repeat(length) }] },
    request: {},
  });

  it('is at most 8 MiB of text, so that the graph never refuses the call for it', () => {
    expect(writeKeptRequest(kept(bytesMax - around))).toHaveLength(bytesMax);
    expect(writeKeptRequest(kept(bytesMax - around + 1))).toBeUndefined();
  });
});

describe('references to items', () => {
  const toId = (at: number) => `${at}`.padStart(29, '0');

  it('of other servers stay, for a provider that keeps them', async () => {
    const ids = ['msg_68a1b2c3d4e5f6', 'rs_0a1b2c', 'fc_1', 'ws_1', `msg_${toId(1)}0`, 'anything'];
    const items = ids.map((id) => ({ type: 'item_reference', id }));
    expect(await resolveReferences(unusedCall, [...items, { id: 'msg_1' }])).toEqual([
      ...items,
      { type: 'item_reference', id: 'msg_1' },
    ]);
  });

  it.each([7, '', null, undefined])('have an id that is a text, not %j', async (id) => {
    await expect(resolveReferences(unusedCall, [{ type: 'item_reference', id }])).rejects.toMatchObject({
      param: 'input[0].id',
    });
  });

  it('are of at most 32 responses, which is refused before any is read', async () => {
    const items = Array.from({ length: 33 }, (_, at) => ({
      type: 'item_reference',
      id: `msg_${toId(at)}_0`,
    }));
    await expect(resolveReferences(unusedCall, items)).rejects.toMatchObject({
      param: 'input',
      message: expect.stringContaining('32'),
    });
  });

  it('are not needed: items of the request stay as they are', async () => {
    const items = [
      { role: 'user', content: 'Hi' },
      { type: 'message', id: 'msg_c1_0', role: 'assistant' },
    ];
    expect(await resolveReferences(unusedCall, items)).toBe(items);
  });
});
