import { sse } from '../wire-server.ts';
import { type EventWire, type GivenCall, joinPieces, joinTexts, parseArguments } from './wire.ts';

const geminiUsage = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
const candidate = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}) }],
  usageMetadata: geminiUsage,
});
const geminiCalls = (calls: readonly GivenCall[] = []) =>
  calls.map((call) => ({
    functionCall: { id: call.id, name: call.name, args: parseArguments(joinPieces(call)) },
  }));

/** Gemini. */
export const geminiAnswerWire: EventWire = {
  name: 'Gemini',
  kind: 'GOOGLE',
  model: 'gemini-2.5-flash',
  stream: (answer) =>
    sse(
      ...(answer.texts ?? []).map((received) => candidate([{ text: received }])),
      ...geminiCalls(answer.calls).map((call) => candidate([call])),
      candidate([], answer.finish ?? 'STOP'),
    ),
  whole: (answer) =>
    JSON.stringify(
      candidate(
        [...(answer.texts === undefined ? [] : [{ text: joinTexts(answer) }]), ...geminiCalls(answer.calls)],
        answer.finish ?? 'STOP',
      ),
    ),
  lateStream: (reported, whole) =>
    sse(
      ...(reported === '' ? [] : [candidate([{ text: reported }])]),
      candidate([{ text: whole.slice(reported.length) }], 'STOP'),
    ),
  lateCall: (call) => sse(candidate(geminiCalls([call]), 'STOP')),
  finishReasons: {
    STOP: 'STOP',
    MAX_TOKENS: 'LENGTH',
    SAFETY: 'CONTENT_FILTER',
    RECITATION: 'CONTENT_FILTER',
    BLOCKLIST: 'CONTENT_FILTER',
    PROHIBITED_CONTENT: 'CONTENT_FILTER',
    SPII: 'CONTENT_FILTER',
    IMAGE_SAFETY: 'CONTENT_FILTER',
    IMAGE_PROHIBITED_CONTENT: 'CONTENT_FILTER',
    IMAGE_RECITATION: 'CONTENT_FILTER',
    MODEL_ARMOR: 'CONTENT_FILTER',
    MALFORMED_FUNCTION_CALL: 'BROKEN',
    UNEXPECTED_TOOL_CALL: 'BROKEN',
    TOO_MANY_TOOL_CALLS: 'BROKEN',
    MALFORMED_RESPONSE: 'BROKEN',
    MISSING_THOUGHT_SIGNATURE: 'BROKEN',
    OTHER: 'OTHER',
    LANGUAGE: 'OTHER',
    FINISH_REASON_UNSPECIFIED: 'OTHER',
  },
};
