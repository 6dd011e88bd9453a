import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BatchAnswer, type BatchMessage, WriteChannel } from './channel.ts';

const commands = [{ command: 'insert', collection: 'things', documents: [{ _id: 'a' }] }] as const;

describe('the channel to the thread of a store', () => {
  let ports: MessageChannel;
  let channel: WriteChannel;
  beforeEach(() => {
    ports = new MessageChannel();
    channel = new WriteChannel(ports.port1);
  });
  afterEach(() => channel.close());

  const answer = (message: BatchAnswer) => ports.port2.postMessage(message);
  const received = async () => (await once(ports.port2, 'message'))[0] as BatchMessage;

  it('answers each write by itself, in whatever order they come', async () => {
    const first = channel.write('d', commands);
    const { id: firstId } = await received();
    const second = channel.write('d', commands);
    const { id: secondId } = await received();
    answer({ id: secondId, failure: { message: 'full', code: 14031, codeName: 'OutOfDiskSpace' } });
    answer({ id: firstId, outcomes: [{ matched: 1, modified: 0, refused: [] }] });
    await expect(second).rejects.toMatchObject({ code: 14031, codeName: 'OutOfDiskSpace' });
    expect(await first).toEqual([{ matched: 1, modified: 0, refused: [] }]);
  });

  it('holds its process while a write waits, and no longer', async () => {
    expect(ports.port1.hasRef()).toBe(false);
    const written = channel.write('d', commands);
    expect(ports.port1.hasRef()).toBe(true);
    const { id } = await received();
    answer({ id, outcomes: [] });
    await written;
    expect(ports.port1.hasRef()).toBe(false);
  });

  it('rejects what still waits when it is closed, and every later write', async () => {
    const waiting = channel.write('d', commands);
    channel.close();
    await expect(waiting).rejects.toMatchObject({ code: 91, codeName: 'ShutdownInProgress' });
    await expect(channel.write('d', commands)).rejects.toMatchObject({ code: 91 });
  });
});
