import { describe, expect, it, vi } from 'vitest';
import { HeddleError } from '#core/errors.ts';
import { openPortPair } from '#test/support/local-state.ts';
import { StreamLogLost } from '../streams/stream-log.ts';
import { LocalLink, type LocalPort } from './link.ts';

type Calls = { readonly run: (text: string) => Promise<string> };
type Notes = { readonly note: (at: number) => void };

function connect(run: Calls['run']) {
  const [one, two] = openPortPair();
  const heard: number[] = [];
  const messages = vi.fn();
  new LocalLink(one).serve({ run } satisfies Calls, { note: (at) => heard.push(at) } satisfies Notes);
  const counted: LocalPort = {
    ...two,
    send(sent) {
      messages(sent.length);
      two.send(sent);
    },
  };
  const link = new LocalLink<Calls & { readonly missing: () => void }, Notes>(counted);
  link.serve({}, {});
  return { link, heard, messages };
}

describe('a link of two processes', () => {
  it('brings calls, answers and notes in order, and those of one turn as one message', async () => {
    const { link, heard, messages } = connect(async (text) => `${text}!`);
    const answers = ['a', 'b'].map((text) => link.call('run', text));
    for (let at = 0; at < 3; at++) link.note('note', at);
    expect(await Promise.all(answers)).toEqual(['a!', 'b!']);
    expect(heard).toEqual([0, 1, 2]);
    expect(messages.mock.calls).toEqual([[5]]);
  });

  it('throws what the other process threw, without what is not for others', async () => {
    const failures: readonly Error[] = [
      new HeddleError('QUOTA_EXCEEDED', 'full', {
        extensions: { retryAfterMs: 5 },
        cause: new Error('secret'),
      }),
      new StreamLogLost('TRIMMED', 'gone'),
      Object.assign(new RangeError('odd'), { code: 'ODD', secret: { key: 'k' } }),
    ];
    const { link } = connect(async (text) => {
      throw failures[Number(text)];
    });
    const thrown = await Promise.all(
      failures.map((_, at) => link.call('run', String(at)).catch((error) => error)),
    );
    expect(thrown[0]).toBeInstanceOf(HeddleError);
    expect(thrown[0]).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: 'full',
      extensions: { retryAfterMs: 5 },
    });
    expect(thrown[0].cause).toBeUndefined();
    expect(thrown[1]).toBeInstanceOf(StreamLogLost);
    expect(thrown[1]).toMatchObject({ reason: 'TRIMMED', message: 'gone' });
    expect(thrown[2]).toMatchObject({ name: 'RangeError', message: 'odd', code: 'ODD' });
    expect(thrown[2]).not.toHaveProperty('secret');
    await expect(link.call('missing')).rejects.toThrow('There is no missing.');
  });

  it('refuses calls when the other process is gone, those that wait too', async () => {
    const [one, two] = openPortPair();
    let close = () => {};
    const link = new LocalLink<Calls, Notes>({
      ...two,
      onClosed(listener) {
        close = listener;
      },
    });
    one.onMessages(() => {});
    const waiting = link.call('run', 'a');
    close();
    await expect(waiting).rejects.toMatchObject({ code: 'OVERLOADED', extensions: { retryAfterMs: 1_000 } });
    await expect(link.call('run', 'b')).rejects.toMatchObject({ code: 'OVERLOADED' });
    link.note('note', 1);
  });

  it('bounds the calls that wait', async () => {
    const { link } = connect(() => new Promise(() => {}));
    const refused: unknown[] = [];
    for (let at = 0; at <= 50_000; at++) link.call('run', 'a').catch((error) => refused.push(error));
    await vi.waitFor(() => expect(refused).toHaveLength(1));
    expect(refused[0]).toMatchObject({ code: 'OVERLOADED' });
  });
});
