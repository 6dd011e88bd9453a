import { describe, it } from 'vitest';
import { gives } from '../expression-testing.ts';

describe('objects', () => {
  it('have fields with dots and dollars by $setField and $unsetField', () => {
    gives({ $setField: { field: { $literal: '$x' }, input: '$o', value: 2 } }, { $x: 2 }, { o: { $x: 1 } });
    gives({ $setField: { field: 'a.b', input: '$$ROOT', value: 1 } }, { z: 0, 'a.b': 1 }, { z: 0 });
    gives({ $unsetField: { field: 'z', input: '$$ROOT' } }, { y: 1 }, { z: 0, y: 1 });
  });
});
