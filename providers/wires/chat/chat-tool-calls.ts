import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { OwnFields, ProviderPart } from '../../provider.ts';
import { malformed } from '../../translate/completeness.ts';
import { type Fields, fields, readFurther, text } from '../shared/fields.ts';
import { findRepetition } from './repeated-arguments.ts';

interface OpenCall {
  readonly index: number;
  /** As the server sent it; empty where it sent none. */
  readonly id: string;
  readonly name: string;
  arguments: string;
  /** A delta that either continues the arguments or repeats them: the next one decides. */
  undecided: string;
  further: Fields;
}

interface PendingCall {
  id: string;
  /** Empty, or what may be the beginning of a longer name. */
  name: string;
  arguments: string;
  /** What it has beside them. */
  further: Fields;
}

interface Named {
  readonly id: string;
  readonly name: string;
  readonly argumentsDelta: string;
  readonly further: Fields;
  /** Whether the delta itself held a name. */
  readonly isNamed: boolean;
}

/** A text of JSON by the book; some servers send the object itself. */
function readCallArguments(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : text(value);
}

function isCompleteJson(given: string): boolean {
  if (!/[\]}]\s*$/.test(given)) return false;
  try {
    JSON.parse(given);
    return true;
  } catch (error) {
    expectError(error, SyntaxError);
    return false;
  }
}

const chatName = 'chat';
/** Fields of a call that parts have fields for. */
const callFields: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom']);

/** More calls than any answer has. */
const toolCallsMax = 1024;

/**
 * The tool calls of one stream. Servers differ: the name may come after the first arguments, ids and `index` may be missing,
 * and some send every parallel call with the same index, or the same id. Some split a name over deltas, and in some each delta
 * repeats the arguments before it.
 */
export class ChatToolCalls {
  /** The latest call of each slot. */
  readonly #open = new Map<number, OpenCall>();
  /** Calls by slot and id. */
  readonly #byId = new Map<string, OpenCall>();
  /** The latest call under each id, whatever its slot. */
  readonly #anywhere = new Map<string, OpenCall>();
  readonly #pending = new Map<number, PendingCall>();
  readonly #names: readonly string[];
  #latest = -1;
  /** Calls begun so far. */
  count = 0;

  /** @param names of the tools that can be called */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Adds the part that a whole call makes, whatever another has in common with it. */
  whole(value: unknown, index: number, into: ProviderPart[]): void {
    this.#anywhere.clear();
    this.part({ ...fields(value), index }, into);
    this.flush(into);
  }

  /** Adds the parts that a delta makes: none where it states nothing new, or while a call's name is not known yet. */
  part(value: unknown, into: ProviderPart[]): void {
    const delta = fields(value);
    const called = fields(delta?.function);
    const id = text(delta?.id).trim();
    const name = text(called?.name).trim();
    const argumentsDelta = readCallArguments(called?.arguments);
    const further = readFurther(delta ?? {}, callFields, chatName).own?.[chatName] ?? {};
    const slot = this.#slot(delta?.index, id, name);
    this.#beginOthers(slot, into);
    const pending = this.#pending.get(slot);
    if (pending !== undefined && pending.name !== '') {
      const whole = isOther(pending.id, id) ? null : this.#join(pending.name, name);
      if (whole !== null) {
        this.#settle(slot, pending, { id, name: whole, argumentsDelta, further, isNamed: name !== '' }, into);
        return;
      }
      into.push(this.#begin(slot, pending, pending.name));
    }
    const open = this.#findCall(slot, id, name, argumentsDelta);
    if (open !== undefined && repeats(open, id, name, argumentsDelta)) return;
    if (open !== undefined && !begins(open, id, name, argumentsDelta)) {
      this.#goOn(open, argumentsDelta, into);
      addFurther(open, further, into);
      return;
    }
    const next = { id, name: name || (open?.name ?? ''), argumentsDelta, further, isNamed: name !== '' };
    const begun = this.#pending.get(slot) ?? { id: '', name: '', arguments: '', further: {} };
    this.#settle(slot, begun, next, into);
  }

  /** Adds what waits for a delta that no longer comes. */
  flush(into: ProviderPart[]): void {
    for (const [slot, pending] of this.#pending) {
      if (pending.name !== '') into.push(this.#begin(slot, pending, pending.name));
    }
    for (const open of this.#open.values()) {
      const { undecided } = open;
      if (undecided === '') continue;
      open.undecided = '';
      const isRepeated = isCompleteJson(undecided) && !isCompleteJson(open.arguments + undecided);
      add(open, isRepeated ? undecided.slice(open.arguments.length) : undecided, into);
    }
  }

  /** A call that never got a name is no call. */
  end(): void {
    if (this.#pending.size > 0) throw malformed();
  }

  /** Calls of other slots with complete names: a delta of the next call states that no more of a name comes. */
  #beginOthers(slot: number, into: ProviderPart[]): void {
    for (const [other, pending] of this.#pending) {
      if (other !== slot && this.#names.includes(pending.name))
        into.push(this.#begin(other, pending, pending.name));
    }
  }

  /** The name of a call that began with one piece and continues with the next; null where the next is another name. */
  #join(piece: string, next: string): string | null {
    if (next === '') return piece;
    if (next.startsWith(piece) && this.#names.some((name) => name.startsWith(next))) return next;
    return this.#names.some((name) => name.startsWith(piece + next)) ? piece + next : null;
  }

  /** Begins a call, unless its name, or the rest of it, is still to come. */
  #settle(
    slot: number,
    pending: PendingCall,
    { id, name, argumentsDelta, further, isNamed }: Named,
    into: ProviderPart[],
  ): void {
    pending.id ||= id;
    pending.name = name;
    pending.arguments += argumentsDelta;
    pending.further = { ...pending.further, ...further };
    if (name !== '' && !this.#mayGrow(pending, isNamed)) {
      into.push(this.#begin(slot, pending, name));
      return;
    }
    this.#pending.set(slot, pending);
    if (this.#pending.size > toolCallsMax) throw malformed();
  }

  #mayGrow({ name, arguments: given }: PendingCall, isNamed: boolean): boolean {
    if (given !== '' && (!isNamed || this.#names.includes(name))) return false;
    return this.#names.some((each) => each.length > name.length && each.startsWith(name));
  }

  #slot(index: unknown, id: string, name: string): number {
    const given = typeof index === 'string' && /^\d{1,4}$/.test(index) ? Number(index) : index;
    if (typeof given === 'number') this.#latest = given;
    else if (this.#latest < 0 || (id !== '' && name !== '' && !this.#isLatest(id))) this.#latest += 1;
    return this.#latest;
  }

  #isLatest(id: string): boolean {
    return this.#byId.has(toCallKey(this.#latest, id)) || this.#pending.get(this.#latest)?.id === id;
  }

  /**
   * Deltas of calls that share an index are distinguished by their ids, where they have any. Some servers continue a call, or
   * send it again, under another index and the same id.
   */
  #findCall(slot: number, id: string, name: string, argumentsDelta: string): OpenCall | undefined {
    const latest = this.#open.get(slot);
    const elsewhere = latest === undefined ? this.#anywhere.get(id) : undefined;
    if (elsewhere !== undefined && continues(elsewhere, name, argumentsDelta)) {
      this.#open.set(slot, elsewhere);
      return elsewhere;
    }
    if (latest === undefined || id === '' || latest.id === id) return latest;
    return this.#byId.get(toCallKey(slot, id)) ?? latest;
  }

  #goOn(open: OpenCall, argumentsDelta: string, into: ProviderPart[]): void {
    if (argumentsDelta === '') return;
    const { undecided } = open;
    open.undecided = '';
    if (undecided !== '') {
      const isRepeated = argumentsDelta.startsWith(undecided);
      add(open, isRepeated ? undecided.slice(open.arguments.length) : undecided, into);
    }
    const repetition = findRepetition(open.arguments, argumentsDelta);
    if (repetition === 'possible' && undecided === '') open.undecided = argumentsDelta;
    else if (repetition === 'none') add(open, argumentsDelta, into);
    else add(open, argumentsDelta.slice(open.arguments.length), into);
  }

  #begin(slot: number, pending: PendingCall, name: string): ProviderPart {
    this.#pending.delete(slot);
    const { id, arguments: argumentsDelta, further } = pending;
    const open: OpenCall = { index: this.count, id, name, arguments: argumentsDelta, undecided: '', further };
    this.#open.set(slot, open);
    if (id !== '') this.#byId.set(toCallKey(slot, id), open);
    if (id !== '') this.#anywhere.set(id, open);
    this.count += 1;
    if (this.count > toolCallsMax) throw malformed();
    const named = { index: open.index, id: id || randomUUID(), name, argumentsDelta };
    return { type: 'tool-call', ...named, ...writeFurther(further) };
  }
}

function add(open: OpenCall, argumentsDelta: string, into: ProviderPart[]): void {
  if (argumentsDelta === '') return;
  open.arguments += argumentsDelta;
  into.push({ type: 'tool-call', index: open.index, argumentsDelta });
}

/** Later deltas repeat the fields of a call, or have more of them. */
function addFurther(open: OpenCall, given: Fields, into: ProviderPart[]): void {
  const further = { ...open.further, ...given };
  if (isDeepStrictEqual(further, open.further)) return;
  open.further = further;
  into.push({ type: 'tool-call', index: open.index, argumentsDelta: '', ...writeFurther(further) });
}

function writeFurther(further: Fields): { readonly own?: OwnFields } {
  return Object.keys(further).length === 0 ? {} : { own: { [chatName]: further } };
}

function isOther(id: string, given: string): boolean {
  return id !== '' && given !== '' && id !== given;
}

function toCallKey(slot: number, id: string): string {
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

/** Whether a delta states once more what is known, as some servers do at the end of a call. */
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
