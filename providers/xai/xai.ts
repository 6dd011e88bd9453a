import type { Provider } from '../provider.ts';
import { type Effort, type FileSource, rejectUnsupported } from '../translate/call-parts.ts';
import { fileUrl, topLevelType } from '../translate/file-type.ts';
import type { VendorOptions } from '../vendor.ts';
import { responsesWire } from '../wires/responses/responses-reader.ts';
import { createResponsesRequests, type ResponsesDialect } from '../wires/responses/responses-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';

/** They refuse every effort. */
const withoutEffort = /^grok-4\.20(-\d{4})?-(non-)?reasoning$/;

function writeEffort(effort: Effort, model: string): Effort {
  if (effort === 'minimal') return 'low';
  if (effort === 'xhigh' || effort === 'max') return model === 'grok-4.6' ? 'xhigh' : 'high';
  return effort;
}

/** @throws {ProviderFailure} BAD_USER_INPUT for data of a file that is no image */
function writeFile(file: FileSource): object {
  if (topLevelType(file) === 'image') return { type: 'input_image', image_url: fileUrl(file) };
  if (file.url !== null) return { type: 'input_file', file_url: file.url };
  throw rejectUnsupported(`it takes files of type ${file.mediaType} by URL only`);
}

const xaiResponses: ResponsesDialect = {
  writeFile,
  callFields: (id) => ({ id, status: 'completed' }),
  takesSeed: true,
  alwaysStrict: true,
  writeReasoning: (effort, model) =>
    withoutEffort.test(model) ? undefined : { effort: writeEffort(effort, model) },
};

/** XAI: the responses API. */
export function createXaiProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  return createWireProvider({
    kind,
    wire: responsesWire,
    requests: createResponsesRequests({ url: `${baseUrl}/responses`, headers, dialect: xaiResponses }),
    embeddings: null,
    secret,
    fetch,
  });
}
