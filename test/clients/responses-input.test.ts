import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { openVendorAccount, type VendorAccount } from '#test/support/setups/vendor-account.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { clientItems, mcp, phased, type VendorItem, vendorItems } from '#test/support/vendor-items.ts';

const stack = new AsyncDisposableStack();
let account: VendorAccount;
beforeAll(async () => {
  const mesh = findSharedMesh();
  account = await openVendorAccount(() => mesh, stack);
  account.output = [phased('msg_up', undefined, 'Done.')];
});
afterAll(() => stack.disposeAsync());

type Item = VendorItem;

const tools = [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }, mcp];
const words = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== '');
const status = fc.constantFrom('completed', 'incomplete');
const optional = <Value extends object>(value: fc.Arbitrary<Value>) => fc.oneof(value, fc.constant({}));
const phase = optional(fc.constantFrom('commentary', 'final_answer').map((stated) => ({ phase: stated })));

const annotation = { type: 'url_citation', url: 'https://a.test/', title: 'A', start_index: 0, end_index: 1 };
const outputPart = fc.oneof(
  words.map((text) => ({ type: 'output_text', text })),
  words.map((text) => ({ type: 'output_text', text, annotations: [annotation] })),
  words.map((refusal) => ({ type: 'refusal', refusal })),
);
const inputPart = fc.oneof(
  words.map((text) => ({ type: 'input_text', text })),
  fc.constant({ type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' }),
);
/** A message of an answer in the vendor's own form, or in the short one of a client. */
const answer = fc.oneof(
  fc
    .tuple(fc.array(outputPart, { minLength: 1, maxLength: 3 }), status, phase)
    .map(([content, stated, more]) => ({
      ...{ type: 'message', id: 'msg_', role: 'assistant', status: stated, content },
      ...more,
    })),
  fc.tuple(words, phase).map(([content, more]) => ({ role: 'assistant', content, ...more })),
);
const asked = fc.oneof(
  words.map((content) => ({ role: 'user', content })),
  fc.tuple(fc.array(inputPart, { minLength: 1, maxLength: 3 }), status).map(([content, stated]) => ({
    ...{ type: 'message', id: 'msg_', role: 'user', status: stated, content },
  })),
  fc
    .tuple(words, status)
    .map(([content, stated]) => ({ type: 'message', role: 'developer', status: stated, content })),
  words.map((content) => ({ type: 'message', id: 'msg_', role: 'developer', status: 'incomplete', content })),
);
const texts = (type: string) =>
  fc.array(
    words.map((text) => ({ type, text })),
    { maxLength: 3 },
  );
const reasoning = fc
  .tuple(texts('summary_text'), optional(texts('reasoning_text').map((content) => ({ content }))), status)
  .map(([summary, more, stated]) => ({
    ...{ type: 'reasoning', id: 'rs_', encrypted_content: 'gAAAA', summary, status: stated },
    ...more,
  }));
const more = optional(fc.constantFrom({ async: true }, { caller: { type: 'direct' } }));
const called = fc
  .tuple(fc.constantFrom('{}', '{"a":1}', 'no JSON'), status, more)
  .map(([given, stated, fields]) => ({
    ...{ type: 'function_call', id: 'fc_', call_id: 'call_', name: 'look', arguments: given },
    ...{ status: stated, ...fields },
  }));
const result = { type: 'function_call_output', call_id: 'call_', output: 'seen' };
const ran = fc.constantFrom<Item>(...vendorItems, ...clientItems);

const last = { role: 'assistant', content: 'Well.' };

/** A turn of the AI model, in any order, with the results of its calls behind it. Reasoning leads to something. */
const turn = fc
  .tuple(
    fc.array(fc.oneof<fc.Arbitrary<Item>[]>(answer, reasoning, called, ran), { minLength: 1, maxLength: 5 }),
    fc.array(asked, { minLength: 1, maxLength: 2 }),
  )
  .map(([items, next]): Item[] => {
    const results = items.flatMap(({ type }) => (type === 'function_call' ? [result] : []));
    const end = items.at(-1)?.type === 'reasoning' ? [last] : [];
    return [...items, ...end, ...results, ...next];
  });
const conversation = fc
  .tuple(fc.array(asked, { minLength: 1, maxLength: 2 }), fc.array(turn, { minLength: 1, maxLength: 3 }))
  .map(([first, turns]) => number([...first, ...turns.flat()]));

/** The items with an ID of their own each; the results are those of the calls before them, in their order. */
function number(items: readonly Item[]): Item[] {
  const calls: unknown[] = [];
  return items.map((item, at) => {
    const own = /_$/.test(String(item.id)) ? { id: `${item.id}${at}` } : {};
    if (item.type === 'function_call') calls.push(`call_${at}`);
    if (item.type === 'function_call') return { ...item, ...own, call_id: `call_${at}` };
    return item.type === 'function_call_output' ? { ...item, call_id: calls.shift() } : { ...item, ...own };
  });
}

/** The item without what states nothing: the usual type and status, and the longer form of a text alone. */
function toShort({ type, status: stated, content, summary, ...item }: Item): Item {
  const [only] = (Array.isArray(content) ? content : []) as Item[];
  const isText = /^(?:in|out)put_text$/.test(String(only?.type)) && Object.keys(only ?? {}).length === 2;
  const isAlone = Array.isArray(content) && content.length === 1 && isText;
  const isEmpty = Array.isArray(content) && content.length === 0;
  return {
    ...item,
    ...(type === 'message' || type === undefined ? {} : { type }),
    ...(stated === 'completed' ? {} : { status: stated }),
    ...(content === undefined || isEmpty ? {} : { content: isAlone ? only?.text : content }),
    ...(summary === undefined ? {} : { summary }),
  };
}

describe('the items of a request of responses', () => {
  it('reach a provider of responses as they came, whatever their order', async () => {
    await fc.assert(
      fc.asyncProperty(conversation, async (input) => {
        const response = await account.post({ model: account.model, input, tools });
        expect([response.status, response.headers.get('x-heddle-dropped')]).toEqual([200, null]);
        const sent = account.readSent().input as readonly Item[];
        expect(sent.map(toShort)).toEqual(input.map(toShort));
      }),
      { numRuns: 60 },
    );
  });
});
