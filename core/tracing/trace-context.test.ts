import { describe, expect, it } from 'vitest';
import { readTraceContext, readTraceHeaders, toTraceparent } from './trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const good = `00-${traceId}-${spanId}-01`;

describe('a traceparent', () => {
  it.each([
    ['is read', good, { traceId, spanId, isSampled: true }],
    ['that is not sampled is read', `00-${traceId}-${spanId}-02`, { traceId, spanId, isSampled: false }],
    [
      'of a later version is read, whatever follows',
      `cc-${traceId}-${spanId}-01-x`,
      { traceId, spanId, isSampled: true },
    ],
    ['of version ff is ignored', `ff-${traceId}-${spanId}-01`, undefined],
    ['of version 00 with more is ignored', `${good}-x`, undefined],
    ['with more and no dash is ignored', `cc-${traceId}-${spanId}-01x`, undefined],
    ['without a trace is ignored', `00-${'0'.repeat(32)}-${spanId}-01`, undefined],
    ['without a span is ignored', `00-${traceId}-${'0'.repeat(16)}-01`, undefined],
    ['in capitals is ignored', good.toUpperCase(), undefined],
    ['that is short is ignored', good.slice(1), undefined],
    ['with a space is ignored', ` ${good}`, undefined],
    ['that is a list is ignored', [good, good], undefined],
    ['that is no text is ignored', 7, undefined],
    ['that is far too long is ignored', `cc-${traceId}-${spanId}-01-${'x'.repeat(1_000)}`, undefined],
  ])('%s', (_what, text, context) => {
    expect(readTraceContext(text)).toEqual(context);
  });

  it('is written as it was read', () => {
    for (const text of [good, `00-${traceId}-${spanId}-00`]) {
      const context = readTraceContext(text);
      expect(context && toTraceparent(context)).toBe(text);
    }
  });
});

describe('a tracestate', () => {
  it.each([
    ['is kept', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['loses spaces and empty members', ' a=1 , ,b=2', 'a=1,b=2'],
    ['of tenants is kept', '1a-f@cloud=0', '1a-f@cloud=0'],
    ['with a member that is none is left out', 'a=1,B=2', undefined],
    ['with line breaks is left out', 'a=1\r\nx: y', undefined],
    ['of 33 members is left out', Array.from({ length: 33 }, (_, at) => `a${at}=1`).join(), undefined],
    ['of more than 512 characters is left out', `a=${'1'.repeat(255)},b=${'1'.repeat(255)}`, undefined],
    ['without members is left out', ' , ', undefined],
  ])('%s', (_what, text, state) => {
    const context = readTraceContext(good, text);
    expect(context?.traceId).toBe(traceId);
    expect(context?.state).toBe(state);
  });

  it('of several headers is one', () => {
    expect(readTraceHeaders({ traceparent: good, tracestate: ['a=1', 'b=2'] as never })?.state).toBe(
      'a=1,b=2',
    );
    expect(readTraceHeaders({ tracestate: 'a=1' })).toBeUndefined();
  });
});
