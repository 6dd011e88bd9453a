import { answerLook, type ContentSet, type LabelledLook } from '../content.ts';
import type { Draw } from '../random.ts';

const people = ['Marta Lindqvist', 'Yusuf Demir', 'Grace Okafor', 'Pieter de Vries', 'Ines Caldeira'];
const quotes = [
  'the bridge will open in spring',
  'nobody asked the neighbours first',
  'we shall plant a thousand trees',
  'the old mill remains a museum',
];

interface Facts {
  readonly amount: number;
  readonly year: number;
  readonly person: string;
  readonly quote: string;
}

function drawFacts({ integer, pick }: Draw): Facts {
  return {
    amount: 1_000 + integer(900_000),
    year: 1900 + integer(120),
    person: pick(people),
    quote: pick(quotes),
  };
}

function drawOther<T>(from: readonly T[], not: T, { pick }: Draw): T {
  return pick(from.filter((each) => each !== not));
}

function writeDocument({ amount, year, person, quote }: Facts): string {
  return `The bridge was built in ${year} for ${amount.toLocaleString('en')} crowns. Its architect, ${person}, wrote: "${quote.charAt(0).toUpperCase()}${quote.slice(1)}." It has two lanes.`;
}

function writeNumber(amount: number, { pick }: Draw): string {
  return pick([
    String(amount),
    amount.toLocaleString('en'),
    amount.toLocaleString('de'),
    `${amount.toLocaleString('en')}.00`,
  ]);
}

function writeAnswer(kind: string, facts: Facts, draw: Draw): string {
  const { pick } = draw;
  switch (kind) {
    case 'NUMBERS':
      return pick([
        `It cost ${writeNumber(facts.amount, draw)} crowns and has 2 lanes.`,
        `The bridge of ${facts.year} cost ${writeNumber(facts.amount, draw)}.`,
        `1. Cost: ${writeNumber(facts.amount, draw)}`,
      ]);
    case 'QUOTES':
      return pick([
        `The text says "${facts.quote}".`,
        `Er schrieb: „${facts.quote}“.`,
        `Il a écrit : «${facts.quote}».`,
        `In short, “${facts.quote}”.`,
      ]);
    default:
      return pick([
        `The architect was ${facts.person}.`,
        `It is a work of ${facts.person}, who lived nearby.`,
      ]);
  }
}

function make(kind: string, draw: Draw, isTrue: boolean): LabelledLook {
  const facts = drawFacts(draw);
  const stated = isTrue
    ? facts
    : {
        amount: facts.amount + 1 + draw.integer(500),
        year: facts.year,
        person: drawOther(people, facts.person, draw),
        quote: drawOther(quotes, facts.quote, draw),
      };
  return answerLook(writeAnswer(kind, stated, draw), { document: writeDocument(facts) });
}

/** Answers with a value that is not in the document, and the same answers with the one that is, in other forms. */
export const groundednessSet: ContentSet = {
  rule: 'groundedness',
  kinds: ['NUMBERS', 'QUOTES', 'NAMES'],
  options: (kind) => ({ check: [kind] }),
  makeFound: (kind, draw) => make(kind, draw, false),
  makePassed: (kind, draw) => make(kind, draw, true),
};
