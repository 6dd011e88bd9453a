import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'SGLang. Requires baseUrl.',
  id: 'sglang',
  label: 'SGLang',
  reference: 'https://docs.sglang.ai/basic_usage/openai_api_completions.html',
  baseUrl: null,
  basePath: '/v1',
  requires: ['baseUrl'],
  environment: { secret: [['SGLANG_API_KEY']], baseUrl: ['SGLANG_BASE_URL'] },
  pricesId: null,
  isFree: true,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
