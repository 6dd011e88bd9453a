import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Together AI.',
  id: 'together',
  label: 'Together AI',
  reference: 'https://docs.together.ai/reference/chat-completions',
  baseUrl: 'https://api.together.xyz/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['TOGETHER_API_KEY'], ['TOGETHER_AI_API_KEY']] },
  pricesId: 'together',
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
