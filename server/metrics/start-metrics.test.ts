import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../config.ts';
import { everyPart, type Part } from '../mesh.ts';
import { startMetrics } from './start-metrics.ts';

const token = 'k3yM6QxPz9TfW2LrV8BnD5HsJ7';

/** Starts the metrics of a process; the lines of its log name the port that was taken. */
async function start(
  variables: Readonly<Record<string, string>>,
  parts: readonly Part[],
  stack: AsyncDisposableStack,
) {
  const lines: { url?: string }[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const environment = readEnvironment(variables);
  const options = { environment, parts, providerEnvironment: {}, log };
  const metrics = await startMetrics(options, {}, stack);
  return { metrics, url: lines[0]?.url };
}

describe('the metrics of a process', () => {
  it.each<[string, Record<string, string>, readonly Part[], 'nowhere' | 'gateway' | 'port']>([
    ['on loopback', {}, everyPart, 'gateway'],
    ['that other machines reach, without a token', { HOST: '0.0.0.0' }, everyPart, 'nowhere'],
    ['that other machines reach', { HOST: '0.0.0.0', HEDDLE_METRICS_TOKEN: token }, everyPart, 'gateway'],
    ['that turns them off', { HEDDLE_METRICS: 'off', HEDDLE_METRICS_PORT: '0' }, everyPart, 'nowhere'],
    ['with a port of their own', { HEDDLE_METRICS_PORT: '0' }, everyPart, 'port'],
    ['without a gateway', { HEDDLE_METRICS_TOKEN: token }, ['inference'], 'nowhere'],
    ['without a gateway, with a port', { HEDDLE_METRICS_PORT: '0' }, ['models', 'inference'], 'port'],
  ])('%s are served there', async (_what, variables, parts, where) => {
    await using stack = new AsyncDisposableStack();
    const { metrics, url } = await start(variables, parts, stack);
    expect([metrics === undefined, metrics?.page === undefined, url === undefined]).toEqual(
      { nowhere: [true, true, true], gateway: [false, false, true], port: [false, true, false] }[where],
    );
    if (url !== undefined) expect((await fetch(url)).status).toBe(200);
  });

  it('listen on loopback alone while no token is set, whatever the host', async () => {
    await using stack = new AsyncDisposableStack();
    const open = await start({ HOST: '0.0.0.0', HEDDLE_METRICS_PORT: '0' }, everyPart, stack);
    expect(open.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const guarded = await start(
      { HOST: '0.0.0.0', HEDDLE_METRICS_PORT: '0', HEDDLE_METRICS_TOKEN: token },
      everyPart,
      stack,
    );
    expect(guarded.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+\/metrics$/);
    expect((await fetch(guarded.url ?? '')).status).toBe(401);
  });

  it('refuse a token that is short or has spaces, without repeating it', () => {
    for (const wrong of ['short', `${token} x`]) {
      expect(() => readEnvironment({ HEDDLE_METRICS_TOKEN: wrong })).toThrow(
        /HEDDLE_METRICS_TOKEN: must have 16/,
      );
      expect(() => readEnvironment({ HEDDLE_METRICS_TOKEN: wrong })).not.toThrow(new RegExp(wrong));
    }
  });
});
