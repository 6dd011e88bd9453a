import { foldText } from './folded-text.ts';

/** A word or phrase of a list, found in a folded text. */
export interface WordMatch {
  readonly start: number;
  readonly end: number;
  /** The number of the entry in its list. */
  readonly entry: number;
}

/** WORD: whole words. PART: also within words. */
export type WordScope = 'WORD' | 'PART';

/** Finds all words of a list in one pass over a folded text (Aho-Corasick). White space of any length is one space. */
export interface WordMatcher {
  find(folded: string): readonly WordMatch[];
  /** How many characters at the end of a folded text may still become a match, or are one that could still end. */
  countOpen(folded: string): number;
}

const space = 32;
const wordChar = /[\p{L}\p{N}\p{M}]/u;
/** Scripts that write no spaces: any place in them is a boundary. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

interface State {
  readonly depth: number;
  readonly next: Map<number, State>;
  /** The state of the longest suffix that also begins an entry. */
  fail: State | null;
  /** The entry that ends here; -1: none. */
  entry: number;
  /** The next state on the way of `fail` at which an entry ends. */
  output: State | null;
}

function createState(depth: number): State {
  return { depth, next: new Map(), fail: null, entry: -1, output: null };
}

/** @param entries as their author wrote them; those that fold to nothing are never found */
export function createWordMatcher(entries: readonly string[], scope: WordScope): WordMatcher {
  const root = createState(0);
  for (const [number, entry] of entries.entries()) {
    const folded = foldText(entry).text.replace(/\s+/g, ' ').trim();
    if (folded !== '') addEntry(root, folded, number);
  }
  linkStates(root);

  function step(state: State, code: number): State {
    for (let from: State | null = state; from !== null; from = from.fail) {
      const to = from.next.get(code);
      if (to !== undefined) return to;
    }
    return root;
  }

  /** Visits the state after each character at which an entry ends. Returns the last state. */
  function walk(folded: string, visit?: (state: State, end: number) => void): State {
    let state = root;
    let isAfterSpace = false;
    for (let at = 0; at < folded.length; at += 1) {
      const code = readCode(folded, at);
      if (code === space && isAfterSpace) continue;
      isAfterSpace = code === space;
      state = step(state, code);
      if (state.entry >= 0 || state.output !== null) visit?.(state, at + 1);
    }
    return state;
  }

  return {
    find(folded) {
      const matches: WordMatch[] = [];
      walk(folded, (state, end) => {
        for (let found: State | null = state; found !== null; found = found.output) {
          if (found.entry < 0) continue;
          const start = findStart(folded, end, found.depth);
          if (scope === 'WORD' && !(isBoundary(folded, start) && isBoundary(folded, end))) continue;
          matches.push({ start, end, entry: found.entry });
          return;
        }
      });
      return matches;
    },
    countOpen(folded) {
      const state = walk(folded);
      return state === root ? 0 : folded.length - findStart(folded, folded.length, state.depth);
    },
  };
}

function addEntry(root: State, folded: string, number: number): void {
  let state = root;
  for (let at = 0; at < folded.length; at += 1) {
    const code = folded.charCodeAt(at);
    let to = state.next.get(code);
    if (to === undefined) {
      to = createState(at + 1);
      state.next.set(code, to);
    }
    state = to;
  }
  if (state.entry < 0) state.entry = number;
}

/** Breadth first, so that the states of shorter suffixes are linked before they are needed. */
function linkStates(root: State): void {
  const queue: State[] = [root];
  for (const state of queue) {
    for (const [code, to] of state.next) {
      let from = state.fail;
      while (from !== null && !from.next.has(code)) from = from.fail;
      to.fail = from?.next.get(code) ?? root;
      to.output = to.fail.entry >= 0 ? to.fail : to.fail.output;
      queue.push(to);
    }
  }
}

function readCode(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code > space && code < 0x80) return code;
  return /\s/.test(text[at] ?? '') ? space : code;
}

/** Where a match of that many characters begins, a run of white space counted as one. */
function findStart(text: string, end: number, length: number): number {
  let start = end;
  for (let left = length; left > 0; left -= 1) {
    start -= 1;
    if (readCode(text, start) !== space) continue;
    while (start > 0 && readCode(text, start - 1) === space) start -= 1;
  }
  return start;
}

/** Whether no word reaches over this offset. */
function isBoundary(text: string, at: number): boolean {
  if (at === 0 || at === text.length) return true;
  const before = readCharacterBefore(text, at);
  const after = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return !wordChar.test(before) || !wordChar.test(after) || unspaced.test(before) || unspaced.test(after);
}

function readCharacterBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  const isPair = low >= 0xdc00 && low <= 0xdfff && at > 1;
  return String.fromCodePoint(text.codePointAt(isPair ? at - 2 : at - 1) ?? 0);
}
