import type { Redis } from 'ioredis';
import { defineScript, type Script } from '../redis/script.ts';

export interface StreamScripts {
  readonly append: Script;
  readonly read: Script;
  readonly leave: Script;
}

export function defineStreamScripts(redis: Redis): StreamScripts {
  const lua = (file: string) => new URL(`./lua/${file}`, import.meta.url);
  return {
    append: defineScript(redis, 'heddleStreamAppend', lua('append-3.lua')),
    read: defineScript(redis, 'heddleStreamRead', lua('read-3.lua')),
    leave: defineScript(redis, 'heddleStreamLeave', lua('leave-2.lua')),
  };
}

/** The id is the hash tag: all of a log lies in one slot. */
export interface StreamKeys {
  readonly events: string;
  readonly meta: string;
  readonly readers: string;
  /** Notifies readers of more events. */
  readonly eventsChannel: string;
  /** Notifies the writer that a reader advanced or left. */
  readonly writerChannel: string;
}

export function streamKeys(id: string): StreamKeys {
  const tag = `heddle:stream:{${id}}`;
  return {
    events: `${tag}:events`,
    meta: `${tag}:meta`,
    readers: `${tag}:readers`,
    eventsChannel: `${tag}:e`,
    writerChannel: `${tag}:w`,
  };
}

/** What the event of that number of a log is sealed for: it opens at no other place. */
export function sealContext(id: string, sequence: number): readonly string[] {
  return ['stream', id, String(sequence)];
}

/** The interval of the heartbeats of writers and readers; without one for three intervals, either is gone. */
export const beatMs = 5_000;
export const aliveMs = 3 * beatMs;
