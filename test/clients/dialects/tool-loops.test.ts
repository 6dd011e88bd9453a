import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestWires, type SentTurn } from '#providers/testing/request-wires.ts';
import { admin, unique } from '#test/e2e/scenarios/setup.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { chatWires, openReasoningWire } from './chat-wires.ts';
import { type Dialect, dialects, post, readReply } from './dialects.ts';
import {
  beginConversation,
  type Conversation,
  continueConversation,
  readCallIds,
  toLoopFields,
} from './tool-loop.ts';
import { addUpstreamModel, openUpstream, type Upstream } from './upstream-server.ts';
import type { UpstreamAnswer, UpstreamWire } from './upstream-wire.ts';
import { vendorWires } from './vendor-wires.ts';

const stack = new AsyncDisposableStack();
let mesh: TestMesh;
beforeAll(async () => {
  mesh = stack.use(await startOneProcess());
}, 120_000);
afterAll(() => stack.disposeAsync());

const named = (...names: readonly string[]) =>
  [...chatWires, ...vendorWires].filter(({ name }) => names.includes(name));
/** Wire formats that think, each with the proof of its reasoning that goes back: a signature, encrypted reasoning, or the text. */
const wires: readonly UpstreamWire[] = [
  openReasoningWire,
  ...named('responses', 'messages', 'Gemini', 'Bedrock'),
];

const toThought = ({ name }: UpstreamWire, turn: number) => `Thought ${turn} of ${name}.`;
const toSignature = ({ name }: UpstreamWire, turn: number) =>
  Buffer.from(`signature ${turn} of ${name}`).toString('base64');
const toProof = (wire: UpstreamWire, turn: number) =>
  wire.aspects.has('signature') ? toSignature(wire, turn) : toThought(wire, turn);

/** The answer of a turn: it thinks, and calls the tool. */
const toAnswer = (wire: UpstreamWire, turn: number): UpstreamAnswer => ({
  reasoning: toThought(wire, turn),
  signature: toSignature(wire, turn),
  calls: [{ id: `call_${wire.kind}_${turn}`, name: 'look_up', arguments: ['{"PARAM_1":', `"${turn}"}`] }],
});

async function openModel(wire: UpstreamWire) {
  const upstream = stack.use(await openUpstream(wire));
  return { wire, upstream, model: await addUpstreamModel(mesh, wire, upstream) };
}
type Target = Awaited<ReturnType<typeof openModel>>;

async function send(dialect: Dialect, model: string, conversation: Conversation) {
  const body = dialect.toBody(model, toLoopFields(dialect, conversation), false);
  const reply = await readReply(dialect, await post(mesh, dialect, body, { isStreamed: false }));
  expect([reply.code, reply.code === null ? '' : reply.text]).toEqual([null, '']);
  return reply;
}

const lastRequest = (upstream: Upstream) => upstream.server.requests.at(-1)?.body ?? '';
const count = (text: string, part: string) => text.split(part).length - 1;

/** The turns of a request as its vendor reads them. */
function readTurns({ kind, model }: UpstreamWire, request: string): readonly SentTurn[] {
  const isReader = (wire: (typeof requestWires)[number]) => wire.kind === kind;
  const reader =
    requestWires.find((wire) => isReader(wire) && wire.model === model) ?? requestWires.find(isReader);
  return reader?.turns(JSON.parse(request)) ?? [];
}

/** Anthropic's own settings of thinking are named as dropped where the effort stands in for them. */
const withoutThinking = (dropped: readonly string[]) => dropped.filter((name) => name !== 'thinking');

/** Each call has one result, under the same id, with the text that belongs to it. */
function checkCalls(wire: UpstreamWire, request: string, values: readonly number[]): void {
  const turns = readTurns(wire, request);
  const calls = turns.flatMap((turn) => turn.calls);
  const results = turns.flatMap((turn) => turn.results);
  expect(
    calls.map(({ arguments: given }) => (typeof given === 'string' ? JSON.parse(given) : given)),
  ).toEqual(values.map((value) => ({ PARAM_1: String(value) })));
  expect(results.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
  expect(new Set(calls.map(({ id }) => id)).size).toBe(
    wire.kind === 'GOOGLE' ? new Set(calls.map(({ id }) => id)).size : calls.length,
  );
  expect(results.map(({ text }) => text)).toEqual(values.map((value) => `result ${value}`));
}

describe.each(dialects)('a tool loop of three turns with thinking over $name', (dialect) => {
  it.each(wires)('sends ids, results and reasoning of each turn back to $name, once each', async (wire) => {
    const { upstream, model } = await openModel(wire);
    let conversation = beginConversation(dialect, 'Look it up.');
    for (const turn of [1, 2, 3]) {
      upstream.answer = toAnswer(wire, turn);
      const { text, dropped } = await send(dialect, model, conversation);
      // Responses have the texts of Gemini's thoughts apart from their signatures: the texts alone are not taken back.
      const isApart = dialect.name === 'responses' && wire.kind === 'GOOGLE' && turn > 1;
      expect(withoutThinking(dropped)).toEqual(isApart ? ['messages.reasoning'] : []);
      expect(readCallIds(dialect, text)).toEqual([`call_${wire.kind}_${turn}`]);
      conversation = continueConversation(dialect, conversation, text, `result ${turn}`);
    }
    upstream.answer = { texts: ['Done.'] };
    const { text } = await send(dialect, model, conversation);
    expect(text).toContain('Done.');
    const request = lastRequest(upstream);
    for (const turn of [1, 2, 3]) expect(count(request, toProof(wire, turn))).toBe(1);
    checkCalls(wire, request, [1, 2, 3]);
  });
});

async function saveRoute(targets: readonly Target[]): Promise<string> {
  const alias = unique('route');
  const input = { alias, strategy: 'PRIORITY', targets: targets.map(({ model }) => ({ model })) };
  await admin(() => mesh).data('mutation ($input: RouteInput!) { saveRoute(input: $input) { alias } }', {
    input,
  });
  return alias;
}

const pairs = wires.flatMap((from) =>
  wires.filter((to) => to !== from).map((to) => ({ from, to, name: `${from.name} → ${to.name}` })),
);

describe.each(dialects)('a route whose first target fails in the second turn, over $name', (dialect) => {
  it.each(pairs)(
    '$name: keeps calls and results, and sends no vendor what another has signed',
    async ({ from, to }) => {
      const [first, second] = [await openModel(from), await openModel(to)];
      const route = await saveRoute([first, second]);
      let conversation = beginConversation(dialect, 'Look it up.');

      first.upstream.answer = toAnswer(from, 1);
      const begun = await send(dialect, route, conversation);
      expect(second.upstream.server.requests).toHaveLength(0);
      conversation = continueConversation(dialect, conversation, begun.text, 'result 1');

      first.upstream.isDown = true;
      second.upstream.answer = toAnswer(to, 2);
      const continued = await send(dialect, route, conversation);
      const elsewhere = lastRequest(second.upstream);
      expect(elsewhere).not.toContain(toSignature(from, 1));
      checkCalls(to, elsewhere, [1]);
      expect(readCallIds(dialect, continued.text)).toEqual([`call_${to.kind}_2`]);
      const isTextTaken = to === openReasoningWire && !continued.dropped.includes('messages.reasoning');
      expect(withoutThinking(continued.dropped)).toEqual(isTextTaken ? [] : ['messages.reasoning']);
      if (isTextTaken) expect(elsewhere).toContain(toThought(from, 1));
      conversation = continueConversation(dialect, conversation, continued.text, 'result 2');

      first.upstream.isDown = false;
      first.upstream.answer = { texts: ['Done.'] };
      const ended = await send(dialect, route, conversation);
      expect(ended.text).toContain('Done.');
      const again = lastRequest(first.upstream);
      expect(count(again, toProof(from, 1))).toBe(1);
      expect(again).not.toContain(toSignature(to, 2));
      checkCalls(from, again, [1, 2]);
    },
  );
});
