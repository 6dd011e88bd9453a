import { describe, it } from 'vitest';
import { evaluatesTo } from '../expression-testing.ts';

describe('objects', () => {
  it('have fields with dots and dollars by $setField', () => {
    evaluatesTo(
      { $setField: { field: { $literal: '$x' }, input: '$o', value: 2 } },
      { $x: 2 },
      { o: { $x: 1 } },
    );
    evaluatesTo({ $setField: { field: 'a.b', input: '$$ROOT', value: 1 } }, { z: 0, 'a.b': 1 }, { z: 0 });
  });
});
