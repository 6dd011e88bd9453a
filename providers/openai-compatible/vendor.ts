import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Any server with the chat completions API of OpenAI. Requires baseUrl.',
  id: 'openai-compatible',
  label: 'Any server with an OpenAI-compatible API',
  reference: 'https://platform.openai.com/docs/api-reference/chat',
  baseUrl: null,
  basePath: '/v1',
  requires: ['baseUrl'],
  environment: { secret: [['OPENAI_COMPATIBLE_API_KEY']], baseUrl: ['OPENAI_COMPATIBLE_BASE_URL'] },
  pricesId: null,
  load: async () => (await import('./openai-compatible.ts')).createModerating,
};

export default vendor;
