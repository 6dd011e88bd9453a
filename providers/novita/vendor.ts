import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Novita AI.',
  id: 'novita',
  label: 'Novita AI',
  reference: 'https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion',
  baseUrl: 'https://api.novita.ai/openai/v1',
  basePath: '/openai/v1',
  requires: ['secret'],
  environment: { secret: [['NOVITA_API_KEY']] },
  pricesId: 'novita',
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
