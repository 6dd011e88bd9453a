import type { ProviderCall } from '../provider.ts';
import { type Effort, nearestEffort } from '../translate/call-parts.ts';
import { writeOpenaiFile } from '../wires/chat/chat-files.ts';
import type { ChatBody, ChatDialect } from '../wires/chat/chat-request.ts';
import { withoutPrefix } from './endpoints.ts';
import { type OpenaiModel, openaiModel } from './models.ts';
import { adaptSchema } from './openai-schema.ts';

const readModel = (model: string): OpenaiModel => openaiModel(withoutPrefix(model));

function writeEffort(effort: Effort, model: string): string | undefined {
  const { efforts } = readModel(model);
  // Only the responses API knows `max`.
  return efforts === null
    ? effort
    : nearestEffort(
        effort,
        efforts.filter((each) => each !== 'max'),
      );
}

function adapt(body: ChatBody, { model, maxOutputTokens }: ProviderCall): void {
  const { reasons, chatToolsWithoutReasoning, samplesWithoutReasoning, takesTemperature } = readModel(model);
  if (chatToolsWithoutReasoning && body.tools !== undefined) body.reasoning_effort = 'none';
  if (!takesTemperature) delete body.temperature;
  if (!reasons) return;
  delete body.max_tokens;
  body.max_completion_tokens = maxOutputTokens;
  if (body.reasoning_effort === 'none' && samplesWithoutReasoning) return;
  delete body.temperature;
  delete body.top_p;
  delete body.presence_penalty;
  delete body.frequency_penalty;
  delete body.logprobs;
  delete body.top_logprobs;
}

/** Chat completions of OpenAI and Azure. */
export const openaiChat: ChatDialect = {
  hasAlternatives: true,
  hasAudio: true,
  hasRefusals: true,
  takesPartFields: true,
  writeFile: writeOpenaiFile,
  systemRole: (model) => (readModel(model).reasons ? 'developer' : 'system'),
  writeSchema: adaptSchema,
  effort: writeEffort,
  streamUsage: true,
  adapt,
};
