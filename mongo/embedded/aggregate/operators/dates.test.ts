import type { Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { date, evaluate, evaluatesTo, refusesExpression } from '../expression-testing.ts';

describe('dates', () => {
  it('have parts (the manual)', () => {
    const at = date('2014-01-01T08:15:39.736Z');
    const parts = {
      $year: 2014,
      $month: 1,
    };
    for (const [operator, value] of Object.entries(parts)) evaluatesTo({ [operator]: '$at' }, value, { at });
    evaluatesTo({ $year: { date: '$at', timezone: '-08:30' } }, 2013, { at });
    evaluatesTo({ $year: ['$at'] }, 2014, { at });
    evaluatesTo({ $year: '$nope' }, null);
    refusesExpression({ $year: 'x' }, 16006);
  });

  it('$dateTrunc finds the start of a unit (the manual)', () => {
    const t = (argument: Document, text: string) => evaluatesTo({ $dateTrunc: argument }, date(text));
    const day = date('2021-03-20T11:30:05Z');
    t({ date: day, unit: 'hour' }, '2021-03-20T11:00:00Z');
    t({ date: day, unit: 'day' }, '2021-03-20T00:00:00Z');
    t(
      { date: day, unit: 'week', binSize: 2, timezone: '-08:00', startOfWeek: 'Monday' },
      '2021-03-15T08:00:00Z',
    );
    t({ date: day, unit: 'week' }, '2021-03-14T00:00:00Z');
    t({ date: day, unit: 'month' }, '2021-03-01T00:00:00Z');
    t({ date: day, unit: 'month', binSize: 6, timezone: '-08:00' }, '2021-01-01T08:00:00Z');
    t({ date: day, unit: 'quarter' }, '2021-01-01T00:00:00Z');
    t({ date: day, unit: 'year', binSize: 4 }, '2020-01-01T00:00:00Z');
    t({ date: date('1999-12-31T23:59:59Z'), unit: 'minute', binSize: 7 }, '1999-12-31T23:53:00Z');
    t({ date: date('1997-05-01T00:00:00Z'), unit: 'year', binSize: 5 }, '1995-01-01T00:00:00Z');
    evaluatesTo({ $dateTrunc: { date: null, unit: 'day' } }, null);
    refusesExpression({ $dateTrunc: { date: day, unit: 'eon' } }, 9);
    refusesExpression({ $dateTrunc: { date: day, unit: 'day', binSize: 0 } }, 5439018);
    refusesExpression({ $dateTrunc: { date: 'x', unit: 'day' } }, 16006);
    expect(() =>
      evaluate({ $dateTrunc: { date: day, unit: 'day', timezone: 'America/New_York' } }, {}),
    ).toThrow(/use MongoDB/);
  });
});
