import { readJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { prefersEventStream } from '../../http/media-type.ts';
import { endJson } from '../../http/send.ts';
import { sendEvents } from '../../http/stream.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import { toFields } from '../body-fields.ts';
import { readCallHeaders } from '../call-headers.ts';
import { openCompletion, refuseCanceled } from '../completion-events.ts';
import { setCompletionHeaders } from '../completion-headers.ts';
import { promptEvents, promptRun } from '../operations.generated.ts';
import { toPromptAnswer } from './prompt-answer.ts';
import { PromptFraming } from './prompt-framing.ts';
import { readPromptReference } from './prompt-reference.ts';

/** The reason that generation stopped, as the graph names it. */
const finishHeader = 'x-heddle-finish-reason';

/** Of another subgraph: without it the answer, which was paid for, is sent nevertheless. */
const optional = ['promptVersion'];

/** POST /prompts/{name}: the body has the variables. */
export async function answerPrompt(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const variables = toFields(await readJson(exchange), '');
  const input = { ...readPromptReference(exchange), ...readCallHeaders(exchange), variables };
  response.setHeader('vary', 'accept');
  if (prefersEventStream(request.headers.accept)) {
    const { events, unread } = await openCompletion(
      exchange,
      promptEvents,
      { input },
      ({ promptStream }) => promptStream,
      { optional },
    );
    return sendEvents(exchange, new PromptFraming(exchange), events, unread);
  }
  const { runPrompt } = await runDeclared(exchange, promptRun, { input }, optional);
  refuseCanceled(runPrompt);
  const { id: completionId, finishReason } = runPrompt;
  setCompletionHeaders(response, { ...runPrompt, completionId });
  response.setHeader(finishHeader, finishReason);
  return endJson(exchange, toPromptAnswer(runPrompt, runPrompt.promptVersion));
}
