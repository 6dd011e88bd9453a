import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import type { ProviderCall } from '../provider.ts';
import { type Effort, type FileSource, type JsonSchema, rejectUnsupported } from '../translate/call-parts.ts';
import { topLevelType } from '../translate/file-type.ts';
import { schemaInstruction } from '../translate/schema-instruction.ts';
import { writeCompatibleFile } from '../wires/chat/chat-files.ts';
import type { ChatBody } from '../wires/chat/chat-request.ts';

const efforts: Readonly<Record<Effort, string | undefined>> = {
  none: undefined,
  minimal: 'low',
  low: 'low',
  medium: 'high',
  high: 'high',
  xhigh: 'max',
  max: 'max',
};

/** From K2.5 on, a model thinks unless it is set not to, and refuses temperatures. */
const thinks = /^kimi-k(?:2\.\d|[3-9])/;
const thinksAlways = /^kimi-k2\.7-code/;
const takesEffort = /^kimi-k[3-9]/;
const takesSchema = /^kimi-k/;

/** @throws {ProviderFailure} BAD_USER_INPUT for a URL of the web, which the API does not fetch, and for a PDF or audio */
function writeFile(file: FileSource): object {
  const type = topLevelType(file);
  if (type !== 'image' && type !== 'video' && type !== 'text') {
    throw rejectUnsupported(`it takes no file of type ${file.mediaType}`);
  }
  if (file.url !== null && type !== 'text' && !file.url.startsWith('ms://')) {
    throw rejectUnsupported('it takes images and videos as data, not by URL');
  }
  return writeCompatibleFile(file);
}

/** Without `$schema`, which makes the models answer nonsense. */
function responseFormat({ $schema: _, ...schema }: JsonSchema): object {
  return { type: 'json_schema', json_schema: { name: 'response', schema } };
}

function adapt(body: ChatBody, { model, reasoningEffort, responseSchema }: ProviderCall): void {
  if (thinks.test(model)) {
    delete body.temperature;
    delete body.top_p;
    const hasEffort = reasoningEffort !== undefined && reasoningEffort !== 'default';
    if (hasEffort && !thinksAlways.test(model)) {
      body.thinking = { type: reasoningEffort === 'none' ? 'disabled' : 'enabled' };
    }
  }
  if (responseSchema === undefined || takesSchema.test(model)) return;
  body.response_format = { type: 'json_object' };
  body.messages.unshift({ role: 'system', content: schemaInstruction(responseSchema) });
}

/** MOONSHOT: chat completions. */
export const createMoonshot = compatibleWith({
  chat: {
    writeFile,
    seed: null,
    responseFormat,
    effort: (effort, model) => (takesEffort.test(model) ? efforts[effort] : undefined),
    adapt,
  },
  embeddings: null,
});
