import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'llama.cpp (llama-server).',
  id: 'llama-cpp',
  label: 'llama.cpp',
  reference: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md',
  baseUrl: 'http://127.0.0.1:8080/v1',
  basePath: '/v1',
  requires: [],
  environment: { secret: [['LLAMA_CPP_API_KEY']], baseUrl: ['LLAMA_CPP_BASE_URL'] },
  pricesId: null,
  isFree: true,
  load: async () => (await import('../openai-compatible/openai-compatible.ts')).createCompatible,
};

export default vendor;
