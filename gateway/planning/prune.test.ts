import { buildSchema, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { pruneTypeConditions } from './prune.ts';

const schema = buildSchema(`
  interface Named { name: String }
  interface Sized { size: Int }
  type Loom implements Named & Sized { name: String size: Int threads: [Thread] any: Any }
  type Thread implements Named { name: String }
  type Needle implements Sized { size: Int }
  union Any = Loom | Thread | Needle
  type Query { loom: Loom named: Named sized: Sized any: Any }
`);

const pruned = (query: string) => print(pruneTypeConditions(schema, parse(query))).replaceAll(/\s+/g, ' ');

describe('type conditions', () => {
  it('go where they always hold', () => {
    expect(
      pruned(
        '{ loom { ... on Loom { size } ... on Any { ... on Named { name } } ...F } } fragment F on Sized { size }',
      ),
    ).toBe('{ loom { size name size } }');
    expect(pruned('{ ... on Query { named { ... { name } } } }')).toBe('{ named { name } }');
  });

  it('go with all below them where they can never hold', () => {
    expect(pruned('{ loom { ... on Any { ... on Thread { name } } } }')).toBe('{ loom { __typename } }');
    expect(pruned('{ named { ... on Sized { ... on Any { ... on Needle { size } } } name } }')).toBe(
      '{ named { name } }',
    );
  });

  it('stay, as narrow as they can be, where the type decides', () => {
    expect(pruned('{ any { ... on Named { name } ... on Thread { name } } }')).toBe(
      '{ any { ... on Named { name } ... on Thread { name } } }',
    );
    expect(pruned('{ named { ... on Sized { size ... on Any { __typename } } } }')).toBe(
      '{ named { ... on Loom { size __typename } } }',
    );
  });
});
