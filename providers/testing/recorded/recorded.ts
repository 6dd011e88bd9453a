import { chatAnswers, chatStreams } from './chat.ts';
import { cohereAnswers, cohereStreams } from './cohere.ts';
import { geminiAnswers, geminiStreams } from './gemini.ts';
import { messagesAnswers, messagesStreams } from './messages.ts';
import type { Recorded } from './recording.ts';
import { responsesAnswers, responsesStreams } from './responses.ts';

/** Streamed answers of every wire that is read by us. */
export const recordedStreams: readonly Recorded[] = [
  ...chatStreams,
  ...messagesStreams,
  ...geminiStreams,
  ...responsesStreams,
  ...cohereStreams,
];

/** Whole answers of every wire that is read by us. */
export const recordedAnswers: readonly Recorded[] = [
  ...chatAnswers,
  ...messagesAnswers,
  ...geminiAnswers,
  ...responsesAnswers,
  ...cohereAnswers,
];
