import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { asking, buildPlans } from '#test/support/setups/guarded-calls.ts';
import { emails, growingRule, wordRule } from '#test/support/word-rules.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const FIELDS = 'text outline { kind index } providerBlocks { textOffset }';
const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${FIELDS} } }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on CompletionFinished { completion { ${FIELDS} } } } }`;

interface Ordered {
  readonly text: string;
  readonly outline: readonly { readonly kind: string; readonly index: number }[];
  readonly providerBlocks: readonly { readonly textOffset: number }[];
}

/** The texts of an answer between its blocks. */
function cutTexts({ text, outline }: Ordered): readonly string[] {
  const starts = outline.flatMap(({ kind, index }) => (kind === 'TEXT' ? [index] : []));
  return starts.map((start, at) => text.slice(start, starts[at + 1]));
}

const output = { kind: 'EMAIL', stages: ['OUTPUT'] } as const;
const input = { kind: 'EMAIL', stages: ['INPUT'] } as const;
const [ann, bob] = ['ann@x.test', 'bob@x.test'];

it.each([
  ['masked by a rule that looks at whole answers', [wordRule(emails, 'REDACT', output)], false],
  ['masked by a rule that looks at what grows', [growingRule(emails, 'REDACT', output)], false],
  ['restored', [growingRule(emails, 'MASK', input)], true],
  [
    'restored before a rule on whole answers',
    [growingRule(emails, 'MASK', input), wordRule(/no/, 'BLOCK', output)],
    true,
  ],
] as const)('blocks of an answer keep their places where its values are %s', async (_, rules, isRestored) => {
  await using mesh = await startInference(database, buildPlans(...rules));
  const said = isRestored
    ? ['To ⟨EMAIL_1⟩. ', 'And ⟨EMAIL_1⟩, ', 'done.']
    : [`To ${ann}. `, `And ${bob}, `, 'done.'];
  const block = { text: 'Hm.', signature: 's', redacted: null, toolCallId: null, provider: 'DEMO' } as const;
  mesh.alpha.always((call) => {
    const [first = '', second = '', third = ''] = said;
    call
      .part({ type: 'text', text: first })
      .part({ type: 'provider-block', format: 'responses', block: { type: 'mcp_call', id: 'm' } })
      .part({ type: 'text', text: second })
      .part({ type: 'reasoning-block', block })
      .part({ type: 'text', text: third })
      .finish(buildUsage(5, 5));
  });
  const asked = asking(`Write to ${ann}`);
  const { complete: whole } = await mesh.data<{ complete: Ordered }>(COMPLETE, asked);
  const events = await Array.fromAsync(await mesh.stream(STREAM, asked));
  const completion = events.at(-1)?.completion as Ordered;
  for (const answer of [whole, completion]) {
    const texts = cutTexts(answer);
    expect(answer.outline.map(({ kind }) => kind)).toEqual([
      'TEXT',
      'PROVIDER_BLOCK',
      'TEXT',
      'REASONING',
      'TEXT',
    ]);
    expect(texts.map((text) => text.slice(0, 3).trim())).toEqual(['To', 'And', 'don']);
    expect(answer.providerBlocks).toEqual([{ textOffset: texts[0]?.length }]);
    expect(answer.text.includes(ann)).toBe(isRestored);
    expect(answer.text.length).not.toBe(said.join('').length);
  }
});
