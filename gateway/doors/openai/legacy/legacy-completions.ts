import { readCallJson } from '../../../http/body.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { endJson } from '../../../http/send.ts';
import { sendEvents } from '../../../http/stream.ts';
import { runDeclared } from '../../../operations/run-declared.ts';
import { requireText, toBoolean, toFields, toList, WrongField } from '../../body-fields.ts';
import { readCallHeaders } from '../../call-headers.ts';
import { openCompletion, refuseCanceled } from '../../completion-events.ts';
import { setCompletionHeaders } from '../../completion-headers.ts';
import { markInput } from '../../input-places.ts';
import { type LegacyCompleteMutation, legacyComplete, legacyStream } from '../../operations.generated.ts';
import { toChatFinishReason, toChatUsage, toSeconds } from '../chat/chat-answer.ts';
import { olderChatNames, readChatRequest } from '../chat/chat-request.ts';
import { LegacyFraming } from './legacy-framing.ts';

/** Fields of the input by the names of the body. */
const legacyNames = { ...olderChatNames, messages: 'prompt' };

/** Fields of the older API that a chat cannot express. */
const refused = ['suffix', 'best_of', 'logprobs'] as const;

function readPrompt(value: unknown): string {
  if (typeof value === 'string') return requireText(value, 'prompt');
  const list = toList(value, 'prompt', 1) ?? [];
  const [only] = list;
  if (typeof only !== 'string') throw new WrongField('prompt', 'must be one text, not tokens.');
  return requireText(only, 'prompt[0]');
}

/** The request as one of chat completions: the prompt is the message of the user. */
function readLegacyRequest(body: unknown) {
  const { prompt, echo, ...fields } = toFields(body, '');
  for (const field of refused) {
    if (fields[field] != null) throw new WrongField(field, 'is not supported: use /v1/chat/completions.');
  }
  const text = readPrompt(prompt);
  const chat = readChatRequest({ ...fields, messages: [{ role: 'user', content: text }] });
  markInput(chat.input, legacyNames, () => chat);
  return { ...chat, echoed: toBoolean(echo, 'echo') === true ? text : '' };
}

function toLegacyAnswer(completion: LegacyCompleteMutation['complete'], echoed: string): object {
  const { id, createdAt, model, usage, alternatives } = completion;
  return {
    id: `cmpl-${id}`,
    object: 'text_completion',
    created: toSeconds(createdAt),
    model: model.id,
    choices: [completion, ...alternatives].map(({ text, finishReason }, index) => ({
      index,
      text: `${echoed}${text}`,
      logprobs: null,
      finish_reason: toChatFinishReason(finishReason),
    })),
    usage: toChatUsage(usage),
  };
}

/** POST /v1/completions, the API before chats. */
export async function answerLegacyCompletions(exchange: Exchange): Promise<void> {
  const { input, isStreamed, includesUsage, echoed } = readLegacyRequest(await readCallJson(exchange));
  const variables = { input: { ...input, ...readCallHeaders(exchange), allowRestart: false } };
  if (isStreamed) {
    const { events, unread } = await openCompletion(
      exchange,
      legacyStream,
      variables,
      ({ completionStream }) => completionStream,
    );
    const createdS = Math.floor(Date.now() / 1000);
    return sendEvents(
      exchange,
      new LegacyFraming(exchange, { createdS, includesUsage, echoed }),
      events,
      unread,
    );
  }
  const { complete } = await runDeclared(exchange, legacyComplete, variables);
  refuseCanceled(complete);
  setCompletionHeaders(exchange.response, { ...complete, completionId: complete.id });
  return endJson(exchange, toLegacyAnswer(complete, echoed));
}
