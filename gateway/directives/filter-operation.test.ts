import { type FragmentDefinitionNode, Kind, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { inclusionBy } from '../document/selections.ts';
import { filterOperation } from './auth.ts';

/** What is left of a document, on one line. */
function filtered(query: string, gone: readonly string[] = [], variables: Record<string, unknown> = {}) {
  const document = parse(query, { noLocation: true });
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('no operation');
  const keep = (field: { readonly name: { readonly value: string } }) => !gone.includes(field.name.value);
  const left = filterOperation(operation, fragments, keep, inclusionBy(variables));
  return left && print(left).replaceAll(/\s+/g, ' ');
}

describe('the document that is planned', () => {
  it('requests the type itself where it is requested under another name only', () => {
    expect(
      filtered(
        '{ any { kind: __typename } ...F } fragment F on Query { all { ... on A { kind: __typename } } }',
      ),
    ).toBe(
      '{ any { kind: __typename __typename } ... on Query { all { ... on A { kind: __typename __typename } } } }',
    );
  });

  it('keeps an object of which nothing is left', () => {
    expect(filtered('{ a { secret } }', ['secret'])).toBe('{ a { __typename } }');
    expect(filtered('{ a { ...F } } fragment F on A { secret }', ['secret'])).toBe(
      '{ a { ...F } } fragment F on A { __typename }',
    );
    expect(filtered('{ a { b } }', ['a'])).toBeUndefined();
  });

  it('has no condition left', () => {
    const query =
      'query ($yes: Boolean!) { a @include(if: $yes) b @skip(if: $yes) ... @include(if: $yes) { c } ...F @skip(if: $yes) d { ...G @include(if: $yes) } } fragment F on Query { e } fragment G on D { f @skip(if: false) }';
    expect(filtered(query, [], { yes: true })).toBe(
      'query ($yes: Boolean!) { a ... { c } d { ...G } } fragment G on D { f }',
    );
  });
});
