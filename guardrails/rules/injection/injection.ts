import { z } from 'zod';
import { WorkTurns } from '#core/work-turns.ts';
import { defineRule, type Finding, type GuardedText, nothingFound } from '../../guardrail.ts';
import { readPieces } from '../../text/pieces.ts';
import { findingsMax, fireWith } from '../../text/scan.ts';
import type { Sign } from './find-signs.ts';

/** The search has the words of all signals, which only meshes with such a policy load. */
let loading: Promise<typeof import('./find-signs.ts')> | undefined;

function loadSearch(): Promise<typeof import('./find-signs.ts')> {
  loading ??= import('./find-signs.ts');
  return loading;
}

/** Signals count together where they stand within so many characters. */
const stretchChars = 3_000;
const windowChars = 8_192;

const options = z.strictObject({
  /** The weight from which what a user writes is an attack. */
  threshold: z.number().positive().max(10).default(0.9),
  /** The same of documents and results of tools. */
  dataThreshold: z.number().positive().max(10).default(0.9),
});

/** The highest weight of a stretch, and the families that make it up. */
function weigh(
  signs: readonly Sign[],
  isData: boolean,
): { readonly weight: number; readonly families: readonly string[] } {
  let highest = { weight: 0, families: [] as readonly string[] };
  for (const [first, { start }] of signs.entries()) {
    const families = new Map<string, number>();
    for (let at = first; at < signs.length; at += 1) {
      const sign = signs[at] as Sign;
      if (sign.start - start > stretchChars) break;
      const { family, weight, weightInData } = sign.signal;
      families.set(
        family,
        Math.max(families.get(family) ?? 0, isData ? Math.max(weight, weightInData) : weight),
      );
    }
    const weight = [...families.values()].reduce((sum, each) => sum + each, 0);
    if (weight > highest.weight) highest = { weight, families: [...families.keys()] };
  }
  return highest;
}

/** Only the author of an app writes these. */
function isOwn({ role, kind }: GuardedText): boolean {
  return (role === 'system' && kind === 'message') || kind === 'id' || kind === 'option';
}

function isDataText({ stages, kind }: GuardedText): boolean {
  return stages.includes('RETRIEVED') || stages.includes('TOOL_OUTPUT') || kind === 'tool-description';
}

/** The sentence around a place. */
function widen(text: string, { start, end }: Sign): { readonly start: number; readonly end: number } {
  const before = text.slice(Math.max(0, start - 200), start);
  const after = text.slice(end, end + 300);
  const from = Math.max(...['.', '!', '?', '\n'].map((mark) => before.lastIndexOf(mark))) + 1;
  const to = after.search(/[.!?\n]/);
  const gap = /^\s*/.exec(before.slice(from))?.[0].length ?? 0;
  return { start: start - before.length + from + gap, end: end + (to < 0 ? after.length : to) };
}

/** Finds instructions that are to replace those of the app. */
export const injection = defineRule({
  name: 'injection',
  summary:
    'Instructions against those of the app, jailbreaks, and instructions within documents and results of tools.',
  options,
  stages: ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'],
  hasSpans: true,
  reach: 'LOCAL',
  load: loadSearch,
  prepare: ({ threshold, dataThreshold }) => ({
    check: async (texts) => {
      const { findSigns } = await loadSearch();
      const turns = new WorkTurns();
      const findings: Finding[] = [];
      const families = new Set<string>();
      for (const [number, guarded] of texts.entries()) {
        if (isOwn(guarded)) continue;
        const isData = isDataText(guarded);
        for (const piece of readPieces(guarded)) {
          for (let from = 0; from === 0 || from < piece.text.length; from += windowChars) {
            const part = piece.text.slice(from, from + windowChars + stretchChars);
            const signs = findSigns(part);
            const found = weigh(signs, isData);
            await turns.pass();
            if (found.weight < (isData ? dataThreshold : threshold)) continue;
            for (const family of found.families) families.add(family);
            for (const sign of signs) {
              if (findings.length > findingsMax) break;
              const { start, end } = widen(part, sign);
              findings.push({ text: number, ...piece.place(from + start, from + end), kind: 'INJECTION' });
            }
          }
        }
      }
      if (findings.length === 0) return nothingFound;
      const reason = `it seems to have instructions against those of the app (${[...families].sort().join(', ')})`;
      return fireWith(findings, reason);
    },
  }),
});
