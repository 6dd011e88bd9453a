import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { type Provider, type ProviderCall, ProviderFailure } from '../provider.ts';
import { captureFetch } from '../sdk/captured-request.ts';
import { createSdkEmbeddings, createSdkRequests } from '../sdk/sdk-requests.ts';
import type { VendorOptions } from '../vendor.ts';
import { converseWire } from '../wires/bedrock/converse-reader.ts';
import { claudeRules } from '../wires/messages/claude-rules.ts';
import { boundOutput } from '../wires/messages/output-bounds.ts';
import { type Fields, fields, list, text } from '../wires/shared/fields.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { isBedrockRegion, parseKeyPair } from './credentials.ts';

function toSettings(secret: string) {
  const pair = parseKeyPair(secret);
  // The empty key keeps the SDK from taking a bearer key from the environment.
  return pair === null ? { apiKey: secret } : { apiKey: '', ...pair };
}

const blank = JSON.stringify({
  output: { message: { role: 'assistant', content: [] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
});

function readToolNames({ toolConfig }: Fields): readonly string[] {
  return list(fields(toolConfig)?.tools).map((tool) => text(fields(fields(tool)?.toolSpec)?.name));
}

/** A Claude takes one of temperature and topP, and none while it thinks. */
function findDroppedSampling(call: ProviderCall): readonly string[] | undefined {
  const { model, temperature, topP, reasoningEffort = 'none' } = call;
  if (!model.includes('claude') || (temperature === undefined && topP === undefined)) return undefined;
  const isThinking = reasoningEffort !== 'none';
  const names = [
    ...(isThinking && temperature !== undefined ? ['temperature'] : []),
    ...(topP !== undefined && (isThinking || temperature !== undefined) ? ['topP'] : []),
  ];
  return names.length === 0 ? undefined : names;
}

/** BEDROCK: the Converse API of a region, with a bearer key or signature version 4. */
export function createBedrock(options: VendorOptions): Provider {
  const { kind, secret, fetch, region } = options;
  if (!isBedrockRegion(region)) {
    throw new ProviderFailure(
      'BAD_USER_INPUT',
      'A provider of kind BEDROCK needs a region, e.g. eu-central-1.',
      {
        retryable: false,
      },
    );
  }
  const baseURL =
    options.baseUrl === '' ? `https://bedrock-runtime.${region}.amazonaws.com` : options.baseUrl;
  const settings = { region, baseURL, ...toSettings(secret) };
  const { languageModel, embeddingModel } = createAmazonBedrock({ ...settings, fetch: captureFetch });
  return createWireProvider({
    kind,
    wire: converseWire,
    embeddings: createSdkEmbeddings(embeddingModel),
    secret,
    fetch,
    requests: createSdkRequests({
      languageModel,
      blank,
      readToolNames,
      rules: ({ tools = [], toolChoice }) => ({
        ...claudeRules,
        systemFirst: true,
        toolsAsText: tools.length === 0 || toolChoice === 'none',
      }),
      adjust: (prepared, call) => {
        if (!call.model.includes('claude')) return;
        boundOutput(prepared, call);
        if (call.temperature !== undefined) delete prepared.topP;
      },
      dropped: findDroppedSampling,
    }),
  });
}
