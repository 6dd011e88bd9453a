import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '#server/log.ts';
import { nextLogLevel, stepLogLevelBySignal } from './step-log-level.ts';

interface Line {
  readonly msg: string;
  readonly event?: string;
  readonly from?: string;
  readonly to?: string;
}

describe('the log level of a running process', () => {
  let stop: () => void = () => undefined;
  afterEach(() => stop());

  function open(configured: string) {
    const lines: Line[] = [];
    const log = createLog(configured, {
      write: (line: string) => void lines.push(JSON.parse(line)),
    });
    stop = stepLogLevelBySignal(log, configured);
    return { log, lines };
  }

  it.each([
    ['info', ['debug', 'trace', 'info', 'debug']],
    ['warn', ['info', 'debug', 'trace', 'warn']],
    ['trace', ['trace', 'trace']],
    ['silent', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']],
  ])('steps from %s one level further each time, and back', (configured, expected) => {
    const steps: string[] = [];
    for (const _ of expected) steps.push(nextLogLevel(steps.at(-1) ?? configured, configured));
    expect(steps).toEqual(expected);
  });

  it('changes by SIGUSR2, of the log and of those that parts of the mesh have derived from it', () => {
    const { log, lines } = open('warn');
    const derived = log.child({ subgraph: 'models' });
    const readAll = () => {
      lines.length = 0;
      for (const one of [log, derived]) {
        one.debug('debug');
        one.info('info');
      }
      return lines.map(({ msg }) => msg);
    };
    expect(readAll()).toEqual([]);
    process.emit('SIGUSR2');
    expect(readAll()).toEqual(['info', 'info']);
    process.emit('SIGUSR2');
    expect(readAll()).toEqual(['debug', 'info', 'debug', 'info']);
    process.emit('SIGUSR2');
    process.emit('SIGUSR2');
    expect(readAll()).toEqual([]);
  });

  it('is logged with each change', () => {
    const { lines } = open('error');
    for (let signal = 0; signal < 5; signal += 1) process.emit('SIGUSR2');
    expect(lines.map(({ event, from, to }) => [event, from, to])).toEqual([
      ['log_level', 'error', 'warn'],
      ['log_level', 'warn', 'info'],
      ['log_level', 'info', 'debug'],
      ['log_level', 'debug', 'trace'],
      ['log_level', 'trace', 'error'],
    ]);
  });
});
