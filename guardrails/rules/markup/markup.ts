import { z } from 'zod';
import { defineRule, guardrailStages, type PreparedRule } from '../../guardrail.ts';
import { type Search, scanTexts, type TextMatch } from '../../text/scan.ts';
import { codePattern, type MarkupKind, markupKinds, markupPatterns } from './dangerous-markup.ts';

const heldCharsMax = 200;

const options = z.strictObject({
  kinds: z.array(z.enum(markupKinds)).min(1).default(['SCRIPT', 'HTML']),
  /** Whether to look within code of Markdown, which a client shows as it is. Whole answers are looked at where it does not. */
  inCode: z.boolean().default(false),
});

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML and script are shown as their source; SQL and commands have no form that is harmless wherever it is used. */
function escapeMarkup(text: string): string {
  return text.replace(/[<>&"']/g, (character) => entities[character] ?? character);
}

function createSearch(kinds: readonly MarkupKind[], inCode: boolean): Search {
  return function* search(text): Generator<TextMatch> {
    const code = inCode ? [] : findCode(text);
    for (const kind of kinds) {
      for (const pattern of markupPatterns[kind]) {
        for (const { 0: found, index } of text.matchAll(pattern)) {
          const match = { start: index, end: index + found.length, kind };
          if (code.some(({ start, end }) => start <= match.start && match.start < end)) continue;
          const isEscapable = (kind === 'HTML' || kind === 'SCRIPT') && found.startsWith('<');
          yield isEscapable ? { ...match, replacement: escapeMarkup(found) } : match;
        }
      }
    }
  };
}

function findCode(text: string): readonly { readonly start: number; readonly end: number }[] {
  return [...text.matchAll(codePattern)].map(({ 0: found, index }) => ({
    start: index,
    end: index + found.length,
  }));
}

/** What may still become markup: the line where statements are looked for, otherwise a tag, a comment or a word. */
function createHold(kinds: readonly MarkupKind[]): NonNullable<PreparedRule['holdFrom']> {
  const hasStatements = kinds.includes('SQL') || kinds.includes('SHELL');
  const opening = hasStatements ? /[\s\S]*$/ : /<!--[\s\S]*$|<[^<>]*$|<[^<>]*"[\s\S]*$|\S+$/;
  return (text) => {
    const from = Math.max(0, text.length - heldCharsMax);
    const at = opening.exec(text.slice(from))?.index;
    return at === undefined ? text.length : from + at;
  };
}

/** Finds what a browser, a database or a shell would execute. */
export const markup = defineRule({
  name: 'markup',
  summary: 'Scripts, HTML, SQL and shell commands, which a program behind the client would execute.',
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  prepare: ({ kinds, inCode }) => {
    const search = createSearch(kinds, inCode);
    const check: PreparedRule['check'] = (texts) =>
      scanTexts(texts, search, 'it has markup or commands that could be executed');
    return inCode ? { check, holdFrom: createHold(kinds) } : { check };
  },
});
