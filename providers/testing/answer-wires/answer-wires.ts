import { bedrockAnswerWire } from './bedrock.ts';
import { buildChatWire } from './chat.ts';
import { cohereAnswerWire } from './cohere.ts';
import { geminiAnswerWire } from './gemini.ts';
import { messagesAnswerWire } from './messages.ts';
import { responsesAnswerWire } from './responses.ts';
import type { AnswerWire, EventWire } from './wire.ts';

/** The wires that stream server-sent events. */
export const eventWires: readonly EventWire[] = [
  buildChatWire('OPENAI_COMPATIBLE'),
  buildChatWire('MISTRAL'),
  responsesAnswerWire,
  messagesAnswerWire,
  geminiAnswerWire,
  cohereAnswerWire,
];

/** Every wire. */
export const answerWires: readonly AnswerWire[] = [...eventWires, bedrockAnswerWire];
