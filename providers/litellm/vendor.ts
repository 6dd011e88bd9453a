import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'A LiteLLM proxy. Requires baseUrl.',
  id: 'litellm',
  label: 'LiteLLM proxy',
  reference: 'https://docs.litellm.ai/docs/providers/litellm_proxy',
  baseUrl: null,
  basePath: '/v1',
  requires: ['baseUrl'],
  environment: {
    secret: [['LITELLM_PROXY_API_KEY'], ['LITELLM_API_KEY']],
    baseUrl: ['LITELLM_PROXY_API_BASE', 'LITELLM_BASE_URL'],
  },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createModerating,
};

export default vendor;
