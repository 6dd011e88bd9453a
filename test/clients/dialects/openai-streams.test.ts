import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { chatWires } from './chat-wires.ts';
import { dialects, post } from './dialects.ts';
import { addUpstreamModel, openUpstream, type Upstream } from './upstream-server.ts';
import { counts, type UpstreamAnswer, type UpstreamWire } from './upstream-wire.ts';
import { vendorWires } from './vendor-wires.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
afterAll(() => stack.disposeAsync());

const piece = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });

/** JSON of arguments, in pieces as a provider streams them. */
const callArguments = fc
  .tuple(
    fc.record({ PARAM_1: piece, more: fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: null }) }),
    fc.nat(),
  )
  .map(([value, at]) => {
    const text = JSON.stringify(value);
    const cut = 1 + (at % (text.length - 1));
    return { value, pieces: [text.slice(0, cut), text.slice(cut)] };
  });

interface Planned {
  readonly texts: readonly string[];
  readonly reasoning: string | null;
  readonly calls: readonly { readonly value: object; readonly pieces: readonly string[] }[];
  readonly isCutByLength: boolean;
}

const planned: fc.Arbitrary<Planned> = fc.record({
  texts: fc.array(piece, { minLength: 1, maxLength: 6 }),
  reasoning: fc.option(piece, { nil: null }),
  calls: fc.array(callArguments, { maxLength: 3 }),
  isCutByLength: fc.boolean(),
});

const toAnswer = (
  wire: UpstreamWire,
  { texts, reasoning, calls, isCutByLength }: Planned,
): UpstreamAnswer => ({
  texts,
  ...(reasoning !== null && wire.aspects.has('reasoning') ? { reasoning } : {}),
  ...(calls.length === 0
    ? {}
    : { calls: calls.map(({ pieces }, at) => ({ id: `call_${at}`, name: 'look_up', arguments: pieces })) }),
  isCutByLength: isCutByLength && calls.length === 0,
});

/** The bytes of the frames, cut anew at the given places: within events, lines and letters. */
const cutBytes = (sizes: readonly number[]) => (frames: readonly (string | Buffer)[]) => {
  const bytes = Buffer.concat(frames.map((frame) => Buffer.from(frame)));
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
};
const chunkSizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 });

interface Delta {
  readonly role?: string;
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly [
    {
      readonly index: number;
      readonly id?: string;
      readonly type?: string;
      readonly function: { readonly name?: string; readonly arguments: string };
    },
  ];
}

interface Chunk {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: Delta;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object | null;
  readonly error?: { readonly message: string; readonly heddle_code: string };
}

/** The data of each event. Comments are passed over, as the clients do. */
const readData = (text: string) =>
  text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      expect(block).toMatch(/^data: [^\n]*$/);
      return block.slice('data: '.length);
    });

const chat = dialects.find(({ name }) => name === 'chat completions');
if (chat === undefined) throw new Error('There are chat completions.');

async function stream(
  model: string,
  includesUsage: boolean,
): Promise<readonly [status: number, text: string]> {
  const tools = [
    { type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } },
  ];
  const asked = { tools, ...(includesUsage ? { stream_options: { include_usage: true } } : {}) };
  const body = { ...chat?.toBody(model, asked, false), stream: true };
  const response = await post(mesh, chat as NonNullable<typeof chat>, body, { isStreamed: true });
  return [response.status, await response.text()];
}

const parseChunks = (data: readonly string[]) => data.map((one) => JSON.parse(one) as Chunk);
const readDeltas = (chunks: readonly Chunk[]) =>
  chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));

/** What every stream begins with, and what all of its chunks share. */
function checkChunks(chunks: readonly Chunk[], model: string): void {
  const [first] = chunks;
  expect(first?.choices[0]?.delta).toMatchObject({ role: 'assistant', content: '' });
  const { id, created } = first ?? {};
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ id, created, model, object: 'chat.completion.chunk' });
  }
  expect(readDeltas(chunks.slice(1)).filter(({ role }) => role !== undefined)).toEqual([]);
}

/** Calls by their index: the first delta of each has its id, type and name, and no other has. */
function joinCalls(deltas: readonly Delta[]): readonly { readonly id: string; readonly text: string }[] {
  const calls: { id: string; text: string }[] = [];
  for (const { tool_calls } of deltas) {
    if (tool_calls === undefined) continue;
    const [{ index, id, type, function: called }] = tool_calls;
    const known = calls[index];
    if (known === undefined) {
      expect(index).toBe(calls.length);
      expect([typeof id, type, called.name]).toEqual(['string', 'function', 'look_up']);
      calls.push({ id: id ?? '', text: called.arguments });
    } else {
      expect([id, type, called.name]).toEqual([undefined, undefined, undefined]);
      known.text += called.arguments;
    }
  }
  return calls;
}

function checkWhole(
  text: string,
  answer: UpstreamAnswer,
  plan: Planned,
  includesUsage: boolean,
  model: string,
) {
  const data = readData(text);
  expect(data.at(-1)).toBe('[DONE]');
  const chunks = parseChunks(data.slice(0, -1));
  const choiceChunks = includesUsage ? chunks.slice(0, -1) : chunks;
  checkChunks(chunks, model);
  const deltas = readDeltas(chunks);
  expect(deltas.map(({ content }) => content ?? '').join('')).toBe((answer.texts ?? []).join(''));
  expect(deltas.map(({ reasoning_content = '' }) => reasoning_content).join('')).toBe(answer.reasoning ?? '');
  const calls = joinCalls(deltas);
  expect(calls.map(({ id }) => id)).toEqual((answer.calls ?? []).map(({ id }) => id));
  expect(calls.map((call) => JSON.parse(call.text))).toEqual(
    plan.calls.map(({ value }) => JSON.parse(JSON.stringify(value))),
  );
  const finishes = choiceChunks.map(({ choices }) => choices[0]?.finish_reason ?? null);
  const finish = answer.isCutByLength ? 'length' : answer.calls ? 'tool_calls' : 'stop';
  expect(finishes.filter((reason) => reason !== null)).toEqual([finish]);
  expect(finishes.at(-1)).toBe(finish);
  if (includesUsage) {
    const usage = { prompt_tokens: counts.input, completion_tokens: counts.output };
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    for (const { usage: none } of choiceChunks) expect(none).toBeNull();
  } else for (const chunk of chunks) expect(chunk).not.toHaveProperty('usage');
  for (const { choices } of choiceChunks) expect(choices).toHaveLength(1);
}

const numRuns = 25;

describe.each([...chatWires, ...vendorWires])('a stream of chat completions over $name', (wire) => {
  let upstream: Upstream;
  let model: string;
  beforeAll(async () => {
    upstream = stack.use(await openUpstream(wire));
    model = await addUpstreamModel(mesh, wire, upstream);
  });

  it('is the answer, whatever it is and however its bytes come: role, deltas, one finish, usage on request, [DONE]', async () => {
    await fc.assert(
      fc.asyncProperty(planned, chunkSizes, fc.boolean(), async (plan, sizes, includesUsage) => {
        const answer = toAnswer(wire, plan);
        Object.assign(upstream, { answer, end: 'WHOLE', write: cutBytes(sizes) });
        const [status, text] = await stream(model, includesUsage);
        expect(status).toBe(200);
        checkWhole(text, answer, plan, includesUsage, model);
      }),
      { numRuns },
    );
  }, 120_000);

  it('ends with an error object, and with no finish, usage or [DONE], wherever the provider fails', async () => {
    const six = fc.array(piece, { minLength: 6, maxLength: 8 });
    const ends = fc.constantFrom('BROKEN' as const, 'CUT' as const);
    await fc.assert(
      fc.asyncProperty(six, chunkSizes, ends, async (texts, sizes, end) => {
        Object.assign(upstream, { answer: { texts }, end, write: cutBytes(sizes) });
        const [status, text] = await stream(model, true);
        expect(status).toBe(200);
        const data = readData(text);
        const chunks = parseChunks(data.slice(0, -1));
        checkChunks(chunks, model);
        const shown = readDeltas(chunks)
          .map(({ content }) => content ?? '')
          .join('');
        expect(texts.join('').startsWith(shown)).toBe(true);
        expect(
          chunks.flatMap(({ choices }) => choices.filter(({ finish_reason }) => finish_reason !== null)),
        ).toEqual([]);
        const { error } = JSON.parse(data.at(-1) ?? '{}') as Chunk;
        expect(error?.heddle_code).toMatch(/^PROVIDER_/);
        // A call that succeeds keeps the circuit of the provider closed.
        Object.assign(upstream, { answer: { texts: ['Hello'] }, end: 'WHOLE', write: null });
        expect((await stream(model, false))[1]).toContain('[DONE]');
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});
