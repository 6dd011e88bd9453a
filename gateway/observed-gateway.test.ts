import type { IncomingMessage } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { HeddleError } from '#core/errors.ts';
import { createMetrics } from '#telemetry/metrics/metrics.ts';
import { startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { parseMetrics } from '#test/support/metrics-text.ts';
import type { Door } from './doors/door.ts';

const token = 'a-token-of-a-test-0123456789';
const { gateway: observer, page } = createMetrics({ token, oldNames: false });

/** Throws what its path names. */
const failing: Door = {
  name: 'failing',
  paths: [{ methods: ['GET'], pattern: '/failing/{how}', access: 'public' }],
  isCrossOrigin: false,
  challenge: 'Bearer',
  handle({ params }) {
    if (params.how === 'unexpected') throw new TypeError('Nothing expected that.');
    const cause = params.how === 'caused' ? new Error('the cause') : undefined;
    throw new HeddleError('OVERLOADED', 'Too much.', cause === undefined ? {} : { cause });
  },
  writeError({ response }) {
    response.end();
  },
};
const sample = await startSampleGateway({ doors: [failing], observer });
afterAll(() => sample[Symbol.asyncDispose]());

describe('the metrics of a gateway', () => {
  it.each([
    ['unexpected', 'heddle_errors_total{code="INTERNAL",cause="heddle"}', '5xx'],
    ['caused', 'heddle_errors_total{code="OVERLOADED",cause="heddle"}', '5xx'],
    ['plain', 'heddle_errors_total{code="OVERLOADED",cause="heddle"}', '5xx'],
  ])('count an error of a handler once, with its request: %s', async (how, series, status) => {
    const read = async () =>
      parseMetrics(
        (await page.read({ headers: { authorization: `Bearer ${token}` } } as IncomingMessage)).text,
      );
    const answered = `heddle_http_request_duration_seconds_count{handler="failing",status="${status}"}`;
    const before = await read();
    await fetch(`${sample.url}/failing/${how}`);
    const after = await read();
    for (const name of [series, answered])
      expect([name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]).toEqual([name, 1]);
  });
});
