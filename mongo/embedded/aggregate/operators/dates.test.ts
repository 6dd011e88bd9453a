import type { Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { date, evaluate, gives, long, refused } from '../expression-testing.ts';

describe('dates', () => {
  const at = date('2014-01-01T08:15:39.736Z');
  it('have parts (the manual)', () => {
    const parts = {
      $year: 2014,
      $month: 1,
      $dayOfMonth: 1,
      $hour: 8,
      $minute: 15,
      $second: 39,
      $millisecond: 736,
      $dayOfYear: 1,
      $dayOfWeek: 4,
      $week: 0,
      $isoWeek: 1,
      $isoWeekYear: 2014,
      $isoDayOfWeek: 3,
    };
    for (const [operator, value] of Object.entries(parts)) gives({ [operator]: '$at' }, value, { at });
    gives({ $hour: { date: '$at', timezone: '+05:30' } }, 13, { at });
    gives({ $year: '$nope' }, null);
    gives({ $isoWeek: date('2016-01-02T00:00:00Z') }, 53);
    refused({ $year: 'x' }, 16006);
    expect(() => evaluate({ $hour: { date: '$at', timezone: 'America/New_York' } }, { at })).toThrow(
      /use MongoDB/,
    );
  });

  it('$dateTrunc finds the start of a unit (the manual)', () => {
    const t = (argument: Document, text: string) => gives({ $dateTrunc: argument }, date(text));
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
    gives({ $dateTrunc: { date: null, unit: 'day' } }, null);
    refused({ $dateTrunc: { date: day, unit: 'eon' } }, 9);
    refused({ $dateTrunc: { date: day, unit: 'day', binSize: 0 } }, 5439018);
  });

  it('$dateToString, $dateAdd, $dateSubtract and $dateDiff', () => {
    gives({ $dateToString: { date: '$at' } }, '2014-01-01T08:15:39.736Z', { at });
    gives(
      {
        $dateToString: {
          date: '$at',
          format: '%Y-%m-%d %H:%M:%S:%L %j %G-W%V-%u %b %% %z',
          timezone: '-0430',
        },
      },
      '2014-01-01 03:45:39:736 001 2014-W01-3 Jan % -0430',
      { at },
    );
    gives({ $dateToString: { date: '$nope', onNull: 'none' } }, 'none');
    refused({ $dateToString: { date: at, format: '%Q' } }, 18536);
    gives(
      { $dateAdd: { startDate: date('2024-01-31T10:00:00Z'), unit: 'month', amount: 1 } },
      date('2024-02-29T10:00:00Z'),
    );
    gives(
      { $dateSubtract: { startDate: date('2024-03-31T10:00:00Z'), unit: 'day', amount: 31 } },
      date('2024-02-29T10:00:00Z'),
    );
    gives(
      {
        $dateDiff: {
          startDate: date('2021-12-31T23:00:00Z'),
          endDate: date('2022-01-01T01:00:00Z'),
          unit: 'year',
        },
      },
      long(1),
    );
    gives(
      {
        $dateDiff: {
          startDate: date('2021-01-01T00:59:00Z'),
          endDate: date('2021-01-01T02:00:00Z'),
          unit: 'hour',
        },
      },
      long(2),
    );
  });
});
