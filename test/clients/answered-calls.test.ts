import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin } from '#test/e2e/scenarios/setup.ts';
import { overEventStream } from '#test/support/client.ts';
import { type MessagesMesh, nameMessagesModels, openMessagesMesh } from '#test/support/messages-mesh.ts';
import { type MessagesBlock, sendBlocks } from '#test/support/messages-upstream.ts';
import { fc } from '#test/support/properties.ts';
import { openVendorAccount, type VendorAccount } from '#test/support/setups/vendor-account.ts';

const stack = new AsyncDisposableStack();
const models = nameMessagesModels();
const { chatModel, claudeModel } = models;
let upstream: MessagesMesh;
let account: VendorAccount;
let anthropic: Anthropic;
let openai: OpenAI;
beforeAll(async () => {
  upstream = stack.use(await openMessagesMesh(models));
  const { url, adminKey: apiKey } = upstream.mesh;
  account = await openVendorAccount(() => upstream.mesh, stack);
  anthropic = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
});
afterAll(() => stack.disposeAsync());
beforeEach(() => upstream.reset());

type Further = Readonly<Record<string, unknown>>;

const known: ReadonlySet<string> = new Set([
  ...['type', 'id', 'name', 'input', 'cache_control'],
  ...['index', 'function', 'custom'],
  ...['status', 'call_id', 'namespace', 'arguments'],
]);
/** Fields that the calls of no dialect have today. Null states nothing. */
const furtherFields: fc.Arbitrary<Further> = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z_]{0,11}$/).filter((name) => !known.has(name)),
  fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null),
  { minKeys: 1, maxKeys: 4, noNullPrototype: true },
);
const pairs = fc.tuple(furtherFields, fc.oneof(furtherFields, fc.constant({})));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const schema = { type: 'object', properties: {} } as const;
const caller = { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' };

/** A call of the graph as a client selects it. */
const TOOL_CALLS = 'toolCalls { id name arguments providerOptions }';
const EVENTS = `__typename ... on ToolCallDelta { index id argumentsDelta providerOptions }
  ... on CompletionFinished { completion { ${TOOL_CALLS} } }`;
interface GraphCall {
  readonly id: string;
  readonly providerOptions: unknown;
}

describe('calls of an answer in the form of messages', () => {
  const tools = [{ name: 'look', input_schema: schema }];
  const ask = { model: claudeModel, max_tokens: 100, tools };
  const user = { role: 'user' as const, content: 'Hi' };
  const toBlocks = ([first, second]: readonly [Further, Further]): MessagesBlock[] => [
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 'toolu_1', name: 'look', input: { a: 1 }, ...first },
    { type: 'tool_use', id: 'toolu_2', name: 'look', input: {}, ...second },
  ];
  const results = ['toolu_1', 'toolu_2'].map((tool_use_id) => ({
    ...{ type: 'tool_result' as const, tool_use_id, content: 'seen' },
  }));
  const answer = (blocks: readonly MessagesBlock[]) => {
    upstream.answerMessages = (request, response) => sendBlocks(request, response, blocks, 'tool_use');
  };

  it('have every further field, whole and streamed, and go back to Anthropic unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async (further) => {
        const blocks = toBlocks(further);
        answer(blocks);
        const whole = await anthropic.messages.create({ ...ask, messages: [user] });
        const streamed = await anthropic.messages.stream({ ...ask, messages: [user] }).finalMessage();
        for (const { content } of [whole, streamed]) {
          expect(content.slice(1)).toEqual(plain(blocks.slice(1)));
          const messages = [user, { role: 'assistant' as const, content }];
          await anthropic.messages.create({
            ...ask,
            messages: [...messages, { role: 'user', content: results }],
          });
          expect(upstream.claude.requests.at(-1)?.body.messages[1]).toEqual({
            role: 'assistant',
            content: plain(blocks),
          });
        }
      }),
      { numRuns: 15 },
    );
  });

  it('have them in the graph: whole, in events, kept, resumed and from the cache', async () => {
    answer(toBlocks([{ caller, toolset_name: 'browser' }, {}]));
    const own = { messages: { caller, toolset_name: 'browser' } };
    const client = admin(() => upstream.mesh);
    const input = {
      ...{ model: claudeModel, cache: 'USE', messages: [{ role: 'USER', content: 'Look once.' }] },
      tools: [{ name: 'look', parameters: schema }],
    };
    const complete = `mutation ($input: CompletionInput!) { complete(input: $input) { id cache ${TOOL_CALLS} } }`;
    const read = (calls: readonly GraphCall[]) =>
      calls.map(({ id, providerOptions }) => [id, providerOptions]);
    const expected = [
      ['toolu_1', own],
      ['toolu_2', null],
    ];
    const ids: string[] = [];
    for (const cache of ['MISS', 'HIT']) {
      const data = await client.data<{
        complete: { id: string; cache: string; toolCalls: readonly GraphCall[] };
      }>(complete, { input });
      expect([data.complete.cache, read(data.complete.toolCalls)]).toEqual([cache, expected]);
      ids.push(data.complete.id);
    }
    for (const id of ids) {
      const kept = await client.data<{ completion: { toolCalls: readonly GraphCall[] } }>(
        `query ($id: ID!) { completion(id: $id) { ${TOOL_CALLS} } }`,
        { id },
      );
      expect(read(kept.completion.toolCalls)).toEqual(expected);
    }
    for (const [document, variables] of [
      [
        `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${EVENTS} } }`,
        { input },
      ],
      [
        `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${EVENTS} } }`,
        { input: { ...input, cache: 'REFRESH' } },
      ],
      [`subscription ($id: ID!) { resumeCompletion(id: $id) { ${EVENTS} } }`, { id: ids[0] }],
    ] as const) {
      const streamed = await Array.fromAsync(overEventStream<Further>(client, document, variables));
      const opened = streamed.filter(({ __typename, id }) => __typename === 'ToolCallDelta' && id !== null);
      expect(opened.map(({ id, providerOptions }) => [id, providerOptions])).toEqual(expected);
      const rest = streamed.filter(({ __typename, id }) => __typename === 'ToolCallDelta' && id === null);
      expect(rest.every(({ providerOptions }) => providerOptions === null)).toBe(true);
    }
  });

  it('are calls without them to clients of other dialects, and are named where they are sent elsewhere', async () => {
    answer(toBlocks([{ caller }, {}]));
    const functions = [{ type: 'function' as const, function: { name: 'look', parameters: { ...schema } } }];
    const { choices } = await openai.chat.completions.create({
      ...{ model: claudeModel, messages: [user], tools: functions },
    });
    expect(choices[0]?.message.tool_calls?.[0]).toEqual({
      ...{ id: 'toolu_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
    });
    const { content } = await anthropic.messages.create({ ...ask, messages: [user] });
    const { response } = await anthropic.messages
      .create({
        ...{ ...ask, model: chatModel },
        messages: [user, { role: 'assistant', content }, { role: 'user', content: results }],
      })
      .withResponse();
    expect(response.headers.get('x-heddle-dropped')).toBe('messages.toolCalls.caller');
  });
});

describe('calls of an answer in the form of chat completions', () => {
  const tools = [{ type: 'function' as const, function: { name: 'look', parameters: { ...schema } } }];
  const ask = { model: chatModel, tools };
  const user = { role: 'user' as const, content: 'Hi' };
  const toCalls = (further: readonly Further[]) =>
    further.map((fields, index) => ({
      ...{ id: `call_${index}`, type: 'function' as const, ...fields },
      function: { name: 'look', arguments: '{"a":1}' },
    }));
  type Calls = ReturnType<typeof toCalls>;

  /** Each choice answers with calls. `late`: their further fields come with the last delta. */
  function answer(choices: readonly Calls[], late = false): void {
    upstream.answerChat = ({ stream }, response) => {
      const usage = { prompt_tokens: 1, completion_tokens: 1 };
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
      const finish_reason = 'tool_calls';
      if (!stream) {
        const message = { role: 'assistant', content: null };
        const whole = choices.map((tool_calls, index) => ({
          ...{ index, message: { ...message, tool_calls }, finish_reason },
        }));
        response.end(JSON.stringify({ choices: whole, usage }));
        return;
      }
      const send = (index: number, delta: object, end: string | null = null) =>
        response.write(`data: ${JSON.stringify({ choices: [{ index, delta, finish_reason: end }] })}\n\n`);
      for (const [choice, calls] of choices.entries()) {
        for (const [index, { id, type, function: called, ...further }] of calls.entries()) {
          const [first, last] = late ? [{}, further] : [further, {}];
          const begun = { name: called.name, arguments: '{"a"' };
          send(choice, { tool_calls: [{ index, id, type, ...first, function: begun }] });
          send(choice, { tool_calls: [{ index, ...last, function: { arguments: ':1}' } }] });
        }
        send(choice, {}, finish_reason);
      }
      response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
    };
  }

  it('have every further field, whole and streamed, in each choice, and go back unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, fc.boolean(), async ([first, second], late) => {
        const choices = [toCalls([first, second]), toCalls([second])];
        answer(choices, late);
        const whole = await openai.chat.completions.create({ ...ask, n: 2, messages: [user] });
        const streamed = await openai.chat.completions
          .stream({ ...ask, n: 2, messages: [user] })
          .finalChatCompletion();
        expect(whole.choices.map(({ message }) => message.tool_calls)).toEqual(plain(choices));
        expect(streamed.choices.map(({ message }) => plain(message.tool_calls))).toMatchObject(
          plain(choices) as object,
        );
        const messages = [
          user,
          { role: 'assistant' as const, tool_calls: whole.choices[0]?.message.tool_calls ?? [] },
        ];
        const results = ['call_0', 'call_1'].map((tool_call_id) => ({
          ...{ role: 'tool' as const, tool_call_id, content: 'seen' },
        }));
        await openai.chat.completions.create({ ...ask, messages: [...messages, ...results] });
        expect(upstream.chat.bodies.at(-1)?.messages[1]?.tool_calls).toEqual(plain(choices[0]));
      }),
      { numRuns: 10 },
    );
  });

  it('have them as calls of custom tools, whichever delta brings them', async () => {
    for (const late of [false, true]) {
      answer([toCalls([{ mark: 'FURTHER-1' }])], late);
      const custom = { type: 'custom' as const, custom: { name: 'look' } };
      const stream = await openai.chat.completions.create({
        ...{ model: chatModel, tools: [custom], messages: [user], stream: true as const },
      });
      const chunks = await Array.fromAsync(stream);
      const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
      expect(deltas).toMatchObject([{ type: 'custom', mark: 'FURTHER-1' }]);
    }
  });
});

describe('calls of an answer in the form of responses', () => {
  const tools = [{ type: 'function', name: 'look', parameters: schema }];
  const hello = { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] };

  it('have every further field, whole and streamed, and go back to OpenAI unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async (further) => {
        const calls = further.map((fields, at) => ({
          ...fields,
          ...{ type: 'function_call', call_id: `call_${at}`, name: 'look', arguments: '{"a":1}' },
        }));
        account.output = calls.map((call, at) => ({ ...call, id: `fc_${at}`, status: 'completed' }));
        const { output } = await account.create({ model: account.model, input: [hello], tools });
        const events = await account.stream({ model: account.model, input: [hello], tools });
        const streamed = events.at(-1)?.response as { readonly output: typeof output };
        const results = calls.map(({ call_id }) => ({
          type: 'function_call_output',
          call_id,
          output: 'seen',
        }));
        for (const items of [output, streamed.output]) {
          expect(items).toMatchObject(plain(calls) as object[]);
          await account.create({ model: account.model, input: [hello, ...items, ...results], tools });
          expect(account.readSent().input).toEqual([hello, ...(plain(calls) as object[]), ...results]);
        }
      }),
      { numRuns: 10 },
    );
  });
});
