import type { ProviderCall } from '../provider.ts';
import { type Effort, type FileSource, nearestEffort, rejectUnsupported } from '../translate/call-parts.ts';
import { fileUrl, fullMediaType, topLevelType } from '../translate/file-type.ts';
import type { ResponsesBody, ResponsesDialect } from '../wires/responses/responses-request.ts';
import { fields, list } from '../wires/shared/fields.ts';
import { withoutPrefix } from './endpoints.ts';
import { openaiModel } from './models.ts';
import { adaptSchema } from './openai-schema.ts';

/** @throws {ProviderFailure} BAD_USER_INPUT for data of a file that is no image or PDF */
function writeFile(file: FileSource, at: number): object {
  if (topLevelType(file) === 'image') {
    return { type: 'input_image', image_url: fileUrl(file), detail: file.detail ?? undefined };
  }
  if (file.url !== null) return { type: 'input_file', file_url: file.url };
  const mediaType = fullMediaType(file);
  if (mediaType !== 'application/pdf') throw rejectUnsupported(`it takes no file of type ${mediaType}`);
  return { type: 'input_file', filename: file.filename ?? `part-${at}.pdf`, file_data: fileUrl(file) };
}

function writeReasoning(requested: Effort, model: string): object | undefined {
  const { reasons, efforts } = openaiModel(withoutPrefix(model));
  if (!reasons) return undefined;
  const effort = efforts === null ? requested : nearestEffort(requested, efforts);
  return { effort, ...(effort === 'none' ? {} : { summary: 'auto' }) };
}

/** Nothing of a call is kept at OpenAI: what a model has thought comes along, sealed. */
function adapt(body: ResponsesBody, { model }: ProviderCall): void {
  const { reasons, samplesWithoutReasoning } = openaiModel(withoutPrefix(model));
  body.store = false;
  if (!reasons) return;
  const includes = new Set([...list(body.include), 'reasoning.encrypted_content']);
  body.include = [...includes];
  if (samplesWithoutReasoning && fields(body.reasoning)?.effort === 'none') return;
  delete body.temperature;
  delete body.top_p;
  // Log probabilities are taken with none of its reasoning.
  includes.delete('message.output_text.logprobs');
  body.include = [...includes];
  delete body.top_logprobs;
}

/** The responses API of OpenAI. */
export const openaiResponses: ResponsesDialect = {
  writeFile,
  systemRole: (model) => (openaiModel(withoutPrefix(model)).reasons ? 'developer' : 'system'),
  // Without it the API takes every tool for a strict one.
  toolFields: { strict: false },
  writeSchema: adaptSchema,
  writeReasoning,
  adapt,
};
