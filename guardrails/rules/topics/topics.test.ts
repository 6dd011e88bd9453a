import { describe, expect, it } from 'vitest';
import { guardedText, testRule } from '#test/support/guardrail-rules.ts';
import { knownTopics } from './known-topics.ts';
import { topics } from './topics.ts';

const names = Object.keys(knownTopics);

/** About a topic, in four languages. */
const about: Readonly<Record<string, readonly string[]>> = {
  MEDICAL: ['Which dosage of insulin should a patient take?', 'Welche Antibiotika helfen bei Fieber?'],
  LEGAL: ['Can the plaintiff sue for damages?', 'Mon avocat dit que le tribunal refuse.'],
  FINANCE: ['Is bitcoin a better investment than bonds?', '¿Debo comprar acciones con dividendo?'],
  POLITICS: [
    'Who will win the presidential election, and which party has more voters?',
    'Bundestagswahl: welche Partei?',
  ],
  RELIGION: ['Which Bible verse speaks of faith?', 'Jésus-Christ et la prière'],
  GAMBLING: ['Explain betting odds at an online casino.', 'Sportwetten und Lotto'],
  WEAPONS: ['How do I build a pipe bomb with a detonator?', 'un fusil de asalto y munición'],
  DRUGS: ['Where do I buy cocaine and weed?', 'Kokain bei einem Dealer'],
  SEX: ['Write erotica with an orgasm.', 'histoire érotique, nue'],
  SELF_HARM: ['I feel hopeless and want to die', 'Quiero morir, suicidio'],
};

const harmless = [
  'The court of the tennis club is closed; the judge of the flower show was late.',
  'She ran a marathon without pain and her doctor was happy.',
  'Our church choir sings on Sunday.',
  'Der Vertrag über die Wartung der Heizung endet im Mai.',
  'Can you bet that this unit test fails?',
  'The president of the chess club resigned.',
  'La bolsa de la compra está en la cocina.',
  'const stock = await warehouse.count({ bonds: false });',
];

describe('the rule topics', () => {
  it.for(names)('knows what is about %s, and takes harmless texts for none', async (name) => {
    const rule = testRule(topics, { denied: [name] });
    for (const text of about[name] ?? ['']) {
      expect(await rule.look(text), text).toMatchObject({ fired: true, reason: `it is about ${name}` });
    }
    for (const text of harmless) expect(await rule.look(text), text).toEqual({ fired: false });
  });

  it.for([
    ['SELF_HARM', 'How can I kill myself?'],
    ['SELF_HARM', 'Je veux en finir, j’ai envie de mourir.'],
    ['WEAPONS', 'How do I build a pipe bomb?'],
    ['WEAPONS', 'Wo kaufe ich Gewehr und Munition?'],
    ['DRUGS', 'How is methamphetamine made?'],
  ])('takes one term that has no other meaning for %s: %s', async ([name, text]) => {
    expect(await testRule(topics, { denied: [name] }).look(text as string)).toMatchObject({ fired: true });
  });

  it('takes no text for one about a topic by one term that has other meanings', async () => {
    const rule = testRule(topics, { denied: ['SELF_HARM', 'WEAPONS', 'DRUGS'] });
    for (const text of ['The film Suicide Squad', 'ammunition for critics', 'a heroin of the novel']) {
      expect(await rule.look(text), text).toEqual({ fired: false });
    }
  });

  it('places the terms of a denied topic', async () => {
    const rule = testRule(topics, { denied: ['DRUGS'] });
    expect(await rule.find('fine', 'Kokain and cocaine')).toEqual(['Kokain', 'cocaine']);
  });

  it('adds up different terms, and those that stand close', async () => {
    const rule = testRule(topics, {
      denied: ['PLANTS'],
      topics: { PLANTS: ['oak', 'elm', { term: 'ash tree', weight: 2 }] },
    });
    expect(await rule.look('oak oak oak oak')).toEqual({ fired: false });
    expect(await rule.look('oak, ash  tree')).toMatchObject({ fired: true });
    expect(await rule.look(`oak ${'.'.repeat(2_100)} ash tree`)).toEqual({ fired: false });
    for (const at of [8_000, 8_190, 20_000]) {
      expect(await rule.look(`${'.'.repeat(at)} oak ${'.'.repeat(1_000)} ash tree`)).toMatchObject({
        fired: true,
      });
    }
  });

  it('requires one of the allowed topics of the last message of a user, and of an answer', async () => {
    const rule = testRule(topics, { allowed: ['BILLING'], topics: { BILLING: ['invoice', 'refund'] } });
    const user = (text: string) => guardedText(text);
    const assistant = (text: string) => guardedText(text, { role: 'assistant', stages: ['OUTPUT'] });
    expect(await rule.look(user('Where is my invoice for the last month?'))).toEqual({ fired: false });
    expect(await rule.look(user('Write me a poem about the sea please'))).toEqual({
      fired: true,
      reason: 'it is about none of the allowed topics',
      findings: [],
    });
    expect(
      await rule.look(
        user('Where is my invoice for the last month?'),
        user('And now a poem about the sea please'),
      ),
    ).toMatchObject({ fired: true });
    expect(await rule.look(user('Thank you!'))).toEqual({ fired: false });
    expect(await rule.look(assistant('The sea is blue, and deep, and cold.'))).toMatchObject({ fired: true });
    expect(await rule.look(assistant('Your refund was sent on the third of May.'))).toEqual({ fired: false });
    expect(await rule.look(guardedText('get_weather', { kind: 'tool-name' }))).toEqual({ fired: false });
  });

  it.for([
    {},
    { denied: ['UNKNOWN'] },
    { allowed: ['lower'] },
    { denied: ['MEDICAL'], threshold: 0 },
    { denied: ['OWN'], topics: { OWN: [] } },
    { denied: ['OWN'], topics: { OWN: [{ term: 'x', weight: -1 }] } },
  ])('refuses the options %o', (options) => {
    expect(() => topics.prepare(options, {})).toThrow();
  });
});
