import { buildSchema, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { eventDocumentOf } from './event-document.ts';

const sdl = `
  scalar JSON
  input Ask { text: String! }
  type Event { text(like: Ask, times: Int): String }
  type Query { a: Int }
  type Subscription { events(input: Ask!, after: Int): Event }
`;
const relaxed = (text: string, schema = sdl) => print(eventDocumentOf(buildSchema(schema), parse(text)));

describe('eventDocumentOf', () => {
  it("declares input objects of the subscribed field's own arguments as JSON, and nothing else", () => {
    const document = relaxed(
      'subscription S($input: Ask!, $after: Int) { events(input: $input, after: $after) { text } }',
    );
    expect(document).toContain('S($input: JSON, $after: Int)');
    expect(document).toContain('events(input: $input, after: $after)');
  });

  it.for([
    'subscription ($input: Ask!) { events(input: $input) { text(like: $input) } }',
    'subscription ($input: Ask!) { events(input: $input) { ...F } } fragment F on Event { text(like: $input) }',
    'subscription ($input: Ask!) { ... on Subscription { events(input: $input) { text } } }',
  ])('leaves what an event may look at as it is: %s', (text) => {
    expect(relaxed(text)).toBe(print(parse(text)));
  });

  it('leaves a schema without JSON alone', () => {
    const text = 'subscription ($input: Ask!) { events(input: $input) { text } }';
    expect(relaxed(text, sdl.replace('scalar JSON', ''))).toBe(print(parse(text)));
  });
});
