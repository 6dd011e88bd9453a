import { describe, expect, it } from 'vitest';
import { acceptsOpenMetrics, toAcceptedText } from './text-formats.ts';

const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

describe('the format of metrics', () => {
  it.each([
    [undefined, false],
    ['*/*', false],
    ['text/plain', false],
    ['text/html,application/xhtml+xml,*/*;q=0.8', false],
    ['application/openmetrics-text', true],
    ['application/openmetrics-text;q=0', false],
    ['application/openmetrics-text;q=0.2, text/plain;q=0.9', false],
    ['APPLICATION/OPENMETRICS-TEXT; version=1.0.0', true],
    ['application/openmetrics-text;q=nonsense', false],
    [prometheus3, true],
  ])('of a request that accepts %j is OpenMetrics: %j', (accept, expected) => {
    expect(acceptsOpenMetrics(accept)).toBe(expected);
  });

  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const openMetrics = [
    '# HELP calls Calls counted.',
    '# TYPE calls counter',
    'calls_total{a="x # {y} 1 2"} 3',
    '# HELP seconds Time.',
    '# TYPE seconds histogram',
    `seconds_bucket{le="1"} 1 # {trace_id="${trace}"} 0.5 1795959882.859`,
    'seconds_bucket{le="+Inf"} 1',
    '# EOF',
    '',
  ].join('\n');

  it('of before OpenMetrics names counters with their ending, and has neither exemplars nor an end', () => {
    const { contentType, text } = toAcceptedText(openMetrics, 'text/plain');
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text.split('\n')).toEqual([
      '# HELP calls_total Calls counted.',
      '# TYPE calls_total counter',
      'calls_total{a="x # {y} 1 2"} 3',
      '# HELP seconds Time.',
      '# TYPE seconds histogram',
      'seconds_bucket{le="1"} 1',
      'seconds_bucket{le="+Inf"} 1',
      '',
    ]);
  });

  it('of OpenMetrics is passed on as it is', () => {
    const { contentType, text } = toAcceptedText(openMetrics, prometheus3);
    expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text).toBe(openMetrics);
  });
});
