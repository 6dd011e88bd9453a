import { describe, it } from 'vitest';
import { gives } from '../expression-testing.ts';

describe('objects', () => {
  it('are merged and turned', () => {
    gives({ $mergeObjects: [{ a: 1, b: 1 }, null, { b: 2 }] }, { a: 1, b: 2 });
    gives({ $objectToArray: '$o' }, [{ k: 'a', v: 1 }], { o: { a: 1 } });
    gives(
      {
        $arrayToObject: {
          $literal: [
            { k: 'item', v: 'abc' },
            { k: 'qty', v: 25 },
          ],
        },
      },
      { item: 'abc', qty: 25 },
    );
    gives({ $arrayToObject: { $literal: [['x', 1]] } }, { x: 1 });
  });
  it('have fields with dots and dollars by $getField and $setField', () => {
    gives({ $getField: 'a.b' }, 1, { 'a.b': 1 });
    gives({ $getField: { field: { $literal: '$x' }, input: '$o' } }, 2, { o: { $x: 2 } });
    gives({ $setField: { field: 'a.b', input: '$$ROOT', value: 1 } }, { z: 0, 'a.b': 1 }, { z: 0 });
    gives({ $unsetField: { field: 'z', input: '$$ROOT' } }, { y: 1 }, { z: 0, y: 1 });
  });
});
