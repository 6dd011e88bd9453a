import { randomUUID } from 'node:crypto';
import { parseJson } from '#schema/exact-json.ts';
import type { ProviderPart } from '../provider.ts';
import { malformed } from '../translate/completeness.ts';
import { fields, text } from '../wire/fields.ts';

interface OpenCall {
  readonly index: number;
  /** As the server gave it; empty where it gave none. */
  readonly id: string;
  readonly name: string;
  arguments: string;
}

interface PendingCall {
  id: string;
  arguments: string;
}

/** A text of JSON by the book; some servers give the object itself. */
function argumentsOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value);
}

function isCompleteJson(given: string): boolean {
  if (!/[\]}]\s*$/.test(given)) return false;
  try {
    JSON.parse(given);
    return true;
  } catch {
    return false;
  }
}

/** More calls than any answer has. */
const toolCallsMax = 1024;

/**
 * The tool calls of one stream. Servers differ: the name may come after the first arguments, ids and `index` may be missing,
 * and some give every parallel call the same index, or the same id.
 */
export class ChatToolCalls {
  /** The latest call of each slot. */
  readonly #open = new Map<number, OpenCall>();
  /** Calls by slot and id. */
  readonly #byId = new Map<string, OpenCall>();
  /** The latest call under each id, whatever its slot. */
  readonly #anywhere = new Map<string, OpenCall>();
  readonly #pending = new Map<number, PendingCall>();
  #latest = -1;
  /** Calls begun so far. */
  count = 0;

  /** The part that a whole call makes, whatever another has in common with it; null where it has no name. */
  whole(value: unknown, index: number): ProviderPart | null {
    this.#anywhere.clear();
    return this.part({ ...fields(value), index });
  }

  /** The part that a delta makes, null where it says nothing new, or while a call's name is not known yet. */
  part(value: unknown): ProviderPart | null {
    const delta = fields(value);
    const called = fields(delta?.function);
    const id = text(delta?.id).trim();
    const name = text(called?.name).trim();
    const argumentsDelta = argumentsOf(called?.arguments);
    const slot = this.#slot(delta?.index, id, name);
    const open = this.#callOf(slot, id, name, argumentsDelta);
    if (open !== undefined && repeats(open, id, name, argumentsDelta)) return null;
    if (open !== undefined && !begins(open, id, name, argumentsDelta))
      return this.#goOn(open, argumentsDelta);
    const pending = this.#pending.get(slot) ?? { id: '', arguments: '' };
    pending.id ||= id;
    pending.arguments += argumentsDelta;
    if (name === '' && open === undefined) {
      this.#pending.set(slot, pending);
      if (this.#pending.size > toolCallsMax) throw malformed();
      return null;
    }
    return this.#begin(slot, pending, name || (open?.name ?? ''));
  }

  /** A call that never got a name is no call. */
  end(): void {
    if (this.#pending.size > 0) throw malformed();
  }

  #slot(index: unknown, id: string, name: string): number {
    const given = typeof index === 'string' && /^\d{1,4}$/.test(index) ? Number(index) : index;
    if (typeof given === 'number') this.#latest = given;
    else if (this.#latest < 0 || (id !== '' && name !== '' && !this.#byId.has(keyOf(this.#latest, id))))
      this.#latest += 1;
    return this.#latest;
  }

  /**
   * Deltas of calls that share an index are told apart by their ids, where they have any. Some servers continue a call, or
   * give it again, under another index and the same id.
   */
  #callOf(slot: number, id: string, name: string, argumentsDelta: string): OpenCall | undefined {
    const latest = this.#open.get(slot);
    const elsewhere = latest === undefined ? this.#anywhere.get(id) : undefined;
    if (elsewhere !== undefined && continues(elsewhere, name, argumentsDelta)) {
      this.#open.set(slot, elsewhere);
      return elsewhere;
    }
    if (latest === undefined || id === '' || latest.id === id) return latest;
    return this.#byId.get(keyOf(slot, id)) ?? latest;
  }

  #goOn(open: OpenCall, argumentsDelta: string): ProviderPart | null {
    if (argumentsDelta === '') return null;
    open.arguments += argumentsDelta;
    return { type: 'tool-call', index: open.index, argumentsDelta };
  }

  #begin(slot: number, pending: PendingCall, name: string): ProviderPart {
    this.#pending.delete(slot);
    const { id, arguments: argumentsDelta } = pending;
    const open: OpenCall = { index: this.count, id, name, arguments: argumentsDelta };
    this.#open.set(slot, open);
    if (id !== '') this.#byId.set(keyOf(slot, id), open);
    if (id !== '') this.#anywhere.set(id, open);
    this.count += 1;
    if (this.count > toolCallsMax) throw malformed();
    return { type: 'tool-call', index: open.index, id: id || randomUUID(), name, argumentsDelta };
  }
}

function keyOf(slot: number, id: string): string {
  return `${slot} ${id}`;
}

/** Whether both are whole and the same, however they are spaced: who writes arguments again may write them anew. */
function isSameJson(one: string, other: string): boolean {
  if (!/^\s*[[{]/.test(other) || !isCompleteJson(other) || !isCompleteJson(one)) return false;
  return one === other || JSON.stringify(parseJson(one)) === JSON.stringify(parseJson(other));
}

/** Whether the arguments of a call continue with these, or are these. */
function continues(open: OpenCall, name: string, argumentsDelta: string): boolean {
  if (argumentsDelta === '' || (name !== '' && name !== open.name)) return false;
  return !isCompleteJson(open.arguments) || isSameJson(open.arguments, argumentsDelta);
}

/** Whether a delta says once more what is known, as some servers do at the end of a call. */
function repeats(open: OpenCall, id: string, name: string, argumentsDelta: string): boolean {
  if (!isSameJson(open.arguments, argumentsDelta)) return false;
  if ((id !== '' && id !== open.id) || (name !== '' && name !== open.name)) return false;
  // Without ids it is another call that happens to be the same.
  return name === '' || open.id !== '';
}

/**
 * Whether a delta begins another call than the one that it seems to be of: it has another name, another id beside a name, or
 * it begins an object after the arguments were complete.
 */
function begins(open: OpenCall, id: string, name: string, argumentsDelta: string): boolean {
  if (name !== '' && (name !== open.name || (id !== '' && open.id !== '' && id !== open.id))) return true;
  if (!/^\s*\{/.test(argumentsDelta) || !isCompleteJson(open.arguments)) return false;
  // Some proxies begin a call with empty arguments before the real ones.
  return name !== '' || !/^\s*\{\s*\}\s*$/.test(open.arguments);
}
