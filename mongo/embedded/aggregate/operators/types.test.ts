import { Double, ObjectId, Timestamp } from 'bson';
import { describe, it } from 'vitest';
import { date, decimal, gives, long, refused } from '../expression-testing.ts';

describe('types', () => {
  it('are converted', () => {
    const id = new ObjectId('5ab9c3da31c2ab715d421285');
    gives({ $toString: id }, '5ab9c3da31c2ab715d421285');
    gives({ $toString: 2.5 }, '2.5');
    gives({ $toString: new Double(1) }, '1');
    gives({ $toString: 1e20 }, '1e+20');
    gives({ $toString: true }, 'true');
    gives({ $toString: new Date(0) }, '1970-01-01T00:00:00.000Z');
    gives({ $toInt: '42' }, 42);
    gives({ $toInt: 5.9 }, 5);
    gives({ $toLong: decimal('5000.9') }, long(5000));
    gives({ $toDouble: '-5.5' }, -5.5);
    gives({ $toDecimal: 1.5 }, decimal('1.50000000000000'));
    gives({ $toBool: 'false' }, true);
    gives({ $toBool: 0 }, false);
    gives({ $toDate: long(86400000) }, new Date(86400000));
    gives({ $toDate: id }, date('2018-03-27T04:08:58Z'));
    gives({ $toObjectId: '5ab9c3da31c2ab715d421285' }, id);
    gives({ $type: '$x' }, 'missing');
    gives({ $type: new Timestamp({ t: 1, i: 1 }) }, 'timestamp');
    gives({ $isNumber: 1 }, true);
    gives({ $convert: { input: 'x', to: 'int', onError: 'bad' } }, 'bad');
    gives({ $convert: { input: null, to: 'int', onNull: 0 } }, 0);
    gives({ $convert: { input: '1.5', to: 'double' } }, 1.5);
    refused({ $toInt: 'x' }, 241);
    refused({ $toInt: long(2 ** 40) }, 241);
    refused({ $toInt: Number.NaN }, 241);
    refused({ $toObjectId: 'x' }, 241);
    refused({ $toDate: 1 }, 241);
  });
});
