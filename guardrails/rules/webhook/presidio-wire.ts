import { z } from 'zod';
import { type GuardedText, nothingFound } from '../../guardrail.ts';
import { toUtf16Offsets } from '../../text/code-points.ts';
import { type GuardedPiece, readPieces } from '../../text/pieces.ts';
import { checkedFinding, toKind, type WebhookWire, webhookFindingsMax } from './wire.ts';

/** Stretches of text of one request. */
const piecesMax = 2_000;

const results = z
  .array(
    z.object({
      entity_type: z.string().min(1).max(200),
      start: z.number().int().min(0),
      end: z.number().int().min(0),
      score: z.number(),
    }),
  )
  .max(webhookFindingsMax);
const answers = z.array(results);

/**
 * `POST /analyze` of Presidio's analyzer (https://microsoft.github.io/presidio/api-docs/api-docs.html), with a list of texts, which its server answers with a list of results
 * for each. Offsets are code points of Python's.
 */
export const presidioWire: WebhookWire = {
  write(texts, { language, entities, scoreMin }) {
    const text = choosePieces(texts).map(({ piece }) => piece.text);
    if (text.length === 0) return null;
    if (text.length > piecesMax) throw new Error(`There are more than ${piecesMax} pieces of text.`);
    return JSON.stringify({ text, language, ...(entities && { entities }), score_threshold: scoreMin });
  },
  read(answer, texts) {
    const pieces = choosePieces(texts);
    const found = answers.length(pieces.length).parse(answer);
    const findings = pieces.flatMap(({ number, piece }, index) => {
      const ofPiece = found[index] ?? [];
      const offsets = toUtf16Offsets(
        piece.text,
        ofPiece.flatMap(({ start, end }) => [start, end]),
      );
      return ofPiece.map(({ entity_type: type }, at) => {
        const [start, end] = offsets.slice(at * 2, at * 2 + 2);
        if (start == null || end == null || start >= end) throw new Error('A finding lies beyond its text.');
        return checkedFinding({ text: number, ...piece.place(start, end), kind: toKind(type) }, texts);
      });
    });
    if (findings.length > webhookFindingsMax)
      throw new Error(`There are more than ${webhookFindingsMax} findings.`);
    if (findings.length === 0) return nothingFound;
    return { fired: true, reason: 'it holds personal data', findings };
  },
};

/** The stretches that can hold words; of JSON its strings and numbers. */
function choosePieces(
  texts: readonly GuardedText[],
): readonly { readonly number: number; readonly piece: GuardedPiece }[] {
  return texts.flatMap((guarded, number) =>
    [...readPieces(guarded)]
      .filter(({ text }) => /[\p{L}\p{N}]/u.test(text))
      .map((piece) => ({ number, piece })),
  );
}
