import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Hugging Face Inference Providers.',
  id: 'hugging-face',
  label: 'Hugging Face',
  reference: 'https://huggingface.co/docs/inference-providers/tasks/chat-completion',
  baseUrl: 'https://router.huggingface.co/v1',
  basePath: '/v1',
  requires: ['secret'],
  environment: { secret: [['HF_TOKEN'], ['HUGGING_FACE_API_KEY']] },
  pricesId: null,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createChatCompatible,
};

export default vendor;
