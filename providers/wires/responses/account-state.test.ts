import { describe, expect, it } from 'vitest';
import { accountTools, clientItems, vendorItems, vendorTools } from '#test/support/vendor-items.ts';
import type { ProviderCall, TextPart } from '../../provider.ts';
import { listLeftOut, toSharedCall } from './account-state.ts';

const asked = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello' }] };
const toPart = (item: object): TextPart => ({ type: 'text', text: '', own: { responses: { ...item } } });
const withItems = (...items: readonly object[]): ProviderCall => ({
  model: 'm',
  messages: [asked, { role: 'assistant', text: '', toolCalls: [], parts: items.map(toPart) }],
});
const withTools = (...tools: readonly object[]): ProviderCall => ({
  model: 'm',
  messages: [asked],
  providerTools: { responses: tools.map((tool) => ({ ...tool })) },
});
const refusal = expect.objectContaining({ code: 'BAD_USER_INPUT', isAboutCall: true });
let nested: object = { file_id: 'file_1' };
for (let depth = 0; depth < 40; depth++) nested = { nested };

describe('a call for an account of several tenants', () => {
  it('is the same call where it names nothing that the account keeps', () => {
    const schema = {
      type: 'object',
      properties: { file_id: { type: 'string' }, container: { type: 'string' } },
    };
    for (const call of [
      withTools(...vendorTools, { type: 'namespace', tools: [{ type: 'function', parameters: schema }] }),
      withTools({ type: 'code_interpreter', container: { type: 'auto', file_ids: [] } }),
      withItems(...vendorItems, ...clientItems, {
        type: 'mcp_list_tools',
        tools: [{ name: 'a', input_schema: schema }],
      }),
    ]) {
      expect(toSharedCall(call, 'responses')).toBe(call);
      expect(listLeftOut(call, 'responses')).toEqual([]);
    }
  });

  it.each([...accountTools, { type: 'mcp', tunnel_id: 'tunnel_1' }, { type: 'x', nested }])(
    'is refused for the tool %j, so that a route calls another target',
    (tool) => {
      expect(() => toSharedCall(withTools(tool), 'responses')).toThrow(refusal);
      expect(() => toSharedCall({ ...withTools(tool), providerToolChoice: {} }, 'chat')).not.toThrow();
    },
  );

  it.each([
    { type: 'item_reference', id: 'msg_1' },
    { type: 'computer_call_output', output: { type: 'computer_screenshot', file_id: 'file_1' } },
    { type: 'input_file', file_id: 'file_1' },
  ])('is refused for the item %j', (item) => {
    expect(() => toSharedCall(withItems(item), 'responses')).toThrow(refusal);
  });

  it.each([
    { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1' },
    { type: 'image_generation_call', id: 'ig_1' },
    { type: 'file_search_call', id: 'fs_1', results: [{ file_id: 'file_1' }] },
  ])('is without the earlier call %j, which it names', (item) => {
    const call = withItems(...vendorItems.slice(0, 1), item);
    expect(toSharedCall(call, 'responses').messages[1]).toMatchObject({
      parts: [toPart(vendorItems[0] ?? {})],
    });
    expect(listLeftOut(call, 'responses')).toEqual([item.type]);
  });

  it('is refused for a choice, a function and a file in a result that name what the account keeps', () => {
    const own = { responses: { file_id: 'file_1' } };
    const calls: readonly ProviderCall[] = [
      { ...withTools(), providerToolChoice: { responses: { type: 'x', file_id: 'file_1' } } },
      { ...withTools(), tools: [{ name: 'f', parameters: {}, own }] },
      {
        ...withTools(),
        messages: [
          asked,
          {
            ...{ role: 'tool', toolCallId: 'c', toolName: 'f', content: '' },
            parts: [toPart({ type: 'input_file', file_id: 'file_1' })],
          },
        ],
      },
    ];
    for (const call of calls) expect(() => toSharedCall(call, 'responses')).toThrow(refusal);
  });
});
