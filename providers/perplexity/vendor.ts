import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Perplexity.',
  id: 'perplexity',
  label: 'Perplexity',
  reference: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
  baseUrl: 'https://api.perplexity.ai',
  basePath: '',
  requires: ['secret'],
  environment: { secret: [['PERPLEXITY_API_KEY']] },
  pricesId: 'perplexity',
  load: async () => (await import('./perplexity.ts')).createPerplexityProvider,
};

export default vendor;
