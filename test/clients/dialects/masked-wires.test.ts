import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, newTenant } from '#test/e2e/scenarios/setup.ts';
import type { MeshAddress } from '#test/support/mesh.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { type Body, type Dialect, dialects, post } from './dialects.ts';
import { wires } from './reported-mesh.ts';
import { addUpstreamModel, openUpstream, type Upstream } from './upstream-server.ts';
import type { UpstreamAnswer, UpstreamWire } from './upstream-wire.ts';

const value = 'ann.lee@example.com';
const placeholder = '⟨EMAIL_1⟩';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
/** The same mesh for a tenant whose policy masks, and for one without policies. */
let masking: MeshAddress;
let plain: MeshAddress;
const opened = new Map<UpstreamWire, { readonly upstream: Upstream; readonly model: string }>();

beforeAll(async () => {
  const tenant = await newTenant(() => mesh, { scopes: ['inference:invoke'] });
  masking = { ...mesh, adminKey: tenant.client.key };
  plain = { ...mesh, adminKey: (await newTenant(() => mesh, { scopes: ['inference:invoke'] })).client.key };
  const save = 'mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) { id } }';
  const rules = [{ rule: 'pii', stages: ['INPUT'], action: 'MASK', options: { kinds: ['EMAIL'] } }];
  await admin(() => mesh).data(save, { input: { id: 'masks', tenantId: tenant.tenantId, rules } });
  for (const wire of wires) {
    const upstream = stack.use(await openUpstream(wire));
    opened.set(wire, { upstream, model: await addUpstreamModel(mesh, wire, upstream) });
  }
});
afterAll(() => stack.disposeAsync());

/** Pieces that end within a placeholder, and after each of its characters. */
const cut = (text: string): readonly string[] => text.split(/(?<=[⟨_1⟩E]|^.{8})/u);

/** An answer with the value, or its placeholder, in every text that the wire has a place for. */
function buildAnswer(wire: UpstreamWire, who: string): UpstreamAnswer {
  const has = (aspect: Parameters<typeof wire.aspects.has>[0]) => wire.aspects.has(aspect);
  return {
    texts: cut(`Text for ${who}, and ${who}.`),
    ...(has('reasoning') ? { reasoning: `Thought of ${who}.` } : {}),
    ...(has('signature') ? { signature: Buffer.from('signature').toString('base64') } : {}),
    ...(has('calls')
      ? { calls: [{ id: 'call_a', name: 'look_up', arguments: cut(`{"to":"Call of ${who}"}`) }] }
      : {}),
    ...(has('citations') ? { citation: `https://source.test/${who}` } : {}),
    ...(has('vendorItems') ? { vendorItem: `Item for ${who}` } : {}),
    ...(has('alternatives') ? { alternatives: [`Other for ${who}`] } : {}),
  };
}

const askingField = (dialect: Dialect): Body => {
  const content = `Write to ${value}.`;
  if (dialect.name === 'GraphQL') return { messages: [{ role: 'USER', content }] };
  return dialect.name === 'responses' ? { input: content } : { messages: [{ role: 'user', content }] };
};

/** What a client joins of an answer, by the place of each text in its events: those with the value, or with what a placeholder has. */
function readTexts(body: string): Readonly<Record<string, string>> {
  const joined = new Map<string, string>();
  const collect = (node: unknown, place: string) => {
    if (typeof node === 'string') joined.set(place, (joined.get(place) ?? '') + node);
    else if (typeof node === 'object' && node !== null) {
      for (const [name, each] of Object.entries(node)) collect(each, `${place}.${name}`);
    }
  };
  const events = body.startsWith('{')
    ? [body]
    : [...body.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => json);
  for (const text of events) {
    const event = JSON.parse(text);
    const payload = event.data?.completionStream ?? event;
    collect(
      event,
      `${payload.type ?? payload.__typename ?? ''}/${payload.index ?? payload.output_index ?? ''}`,
    );
  }
  return Object.fromEntries([...joined].filter(([, text]) => /ann\.lee|EMAIL|⟨|⟩/.test(text)));
}

async function call(wire: UpstreamWire, dialect: Dialect, isStreamed: boolean, isMasked: boolean) {
  const { upstream, model } = opened.get(wire) ?? expect.fail(`${wire.name} is not open`);
  upstream.answer = buildAnswer(wire, isMasked ? placeholder : value);
  const body = dialect.toBody(model, askingField(dialect), isStreamed);
  const response = await post(isMasked ? masking : plain, dialect, body, { isStreamed });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return { text, sent: upstream.server.requests.at(-1)?.body ?? '' };
}

const cases = wires.flatMap((wire) =>
  dialects.flatMap((dialect) =>
    ['whole', 'streamed'].map((how) => [wire.name, dialect.name, how, wire, dialect] as const),
  ),
);

describe('a masked value', () => {
  it.each(cases)(
    'is sent to %s as its placeholder, and %s has it back: %s',
    async (_, __, how, wire, dialect) => {
      const isStreamed = how === 'streamed';
      const control = await call(wire, dialect, isStreamed, false);
      expect(control.sent).toContain(value);
      const masked = await call(wire, dialect, isStreamed, true);
      expect(masked.sent).toContain(placeholder);
      expect(masked.sent).not.toContain(value);
      const texts = readTexts(masked.text);
      expect(Object.values(texts).join('\n')).toContain(`Text for ${value}, and ${value}.`);
      // Every text is what it is without guardrails.
      expect(texts).toEqual(readTexts(control.text));
      expect(masked.text).not.toMatch(/EMAIL_1|⟨|⟩/);
    },
  );

  it.each(wires.map((wire) => [wire.name, wire] as const))(
    'is in the structured answer of %s',
    async (_, wire) => {
      const { upstream, model } = opened.get(wire) ?? expect.fail(`${wire.name} is not open`);
      upstream.answer = { texts: cut(`{"to":"${placeholder}"}`) };
      const responseSchema = {
        type: 'object',
        properties: { to: { type: 'string', format: 'email' } },
        required: ['to'],
        additionalProperties: false,
      };
      const query = 'mutation ($input: CompletionInput!) { complete(input: $input) { json text } }';
      const messages = [{ role: 'USER', content: `Write to ${value}.` }];
      const graphql = dialects.find(({ name }) => name === 'GraphQL') as Dialect;
      const body = { query, variables: { input: { model, messages, responseSchema } } };
      const response = await post(masking, graphql, body, { isStreamed: false });
      expect(await response.json()).toMatchObject({ data: { complete: { json: { to: value } } } });
    },
  );

  it.each(wires.map((wire) => [wire.name, wire] as const))(
    'is in what %s states of a failure',
    async (_, wire) => {
      const { upstream, model } = opened.get(wire) ?? expect.fail(`${wire.name} is not open`);
      upstream.answer = {};
      upstream.refusal = `I cannot write to ${placeholder}.`;
      try {
        for (const dialect of dialects) {
          const body = dialect.toBody(model, askingField(dialect), false);
          const text = await (await post(masking, dialect, body, { isStreamed: false })).text();
          expect(text).toContain(`I cannot write to ${value}.`);
          expect(text).not.toContain('EMAIL_1');
        }
      } finally {
        upstream.refusal = null;
      }
    },
  );
});
