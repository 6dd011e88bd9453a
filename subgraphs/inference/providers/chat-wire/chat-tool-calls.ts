import { randomUUID } from 'node:crypto';
import type { ProviderPart } from '../provider.ts';
import { malformed } from '../translate/completeness.ts';
import { fields, text } from '../wire/fields.ts';

interface OpenCall {
  readonly index: number;
  readonly id: string;
}

interface PendingCall {
  id: string;
  arguments: string;
}

/** A text of JSON by the book; some servers give the object itself. */
function argumentsOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value);
}

/** More calls than any answer has. */
const toolCallsMax = 1024;

/**
 * The tool calls of one stream. Servers differ: the name may come after the first arguments, `index` may be missing, and
 * some give every parallel call index 0 and tell them apart by id.
 */
export class ChatToolCalls {
  readonly #open = new Map<number, OpenCall>();
  readonly #pending = new Map<number, PendingCall>();
  #latest = -1;
  /** Calls begun so far. */
  count = 0;

  /** The part that a delta makes, null while a call's name is not known yet. */
  part(value: unknown): ProviderPart | null {
    const delta = fields(value);
    const called = fields(delta?.function);
    const id = text(delta?.id).trim();
    const name = text(called?.name).trim();
    const argumentsDelta = argumentsOf(called?.arguments);
    const slot = this.#slot(delta?.index, id, name);
    const open = this.#open.get(slot);
    if (open !== undefined && !(name !== '' && id !== '' && id !== open.id)) {
      return argumentsDelta === '' ? null : { type: 'tool-call', index: open.index, argumentsDelta };
    }
    const pending = this.#pending.get(slot) ?? { id: '', arguments: '' };
    pending.id ||= id;
    pending.arguments += argumentsDelta;
    if (name === '') {
      this.#pending.set(slot, pending);
      if (this.#pending.size > toolCallsMax) throw malformed();
      return null;
    }
    return this.#begin(slot, pending, name);
  }

  /** A call that never got a name is no call. */
  end(): void {
    if (this.#pending.size > 0) throw malformed();
  }

  #slot(index: unknown, id: string, name: string): number {
    if (typeof index === 'number') this.#latest = index;
    else if (this.#latest < 0 || (id !== '' && name !== '')) this.#latest += 1;
    return this.#latest;
  }

  #begin(slot: number, pending: PendingCall, name: string): ProviderPart {
    this.#pending.delete(slot);
    const open = { index: this.count, id: pending.id || randomUUID() };
    this.#open.set(slot, open);
    this.count += 1;
    if (this.count > toolCallsMax) throw malformed();
    return { type: 'tool-call', index: open.index, id: open.id, name, argumentsDelta: pending.arguments };
  }
}
