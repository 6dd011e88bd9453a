import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: "Google's Gemini API.",
  id: 'google',
  label: 'Google Gemini API',
  reference: 'https://ai.google.dev/api/generate-content',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  basePath: '/v1beta',
  requires: ['secret'],
  environment: {
    secret: [['GEMINI_API_KEY'], ['GOOGLE_GENERATIVE_AI_API_KEY'], ['GOOGLE_API_KEY']],
    baseUrl: ['GOOGLE_GEMINI_BASE_URL'],
  },
  pricesId: 'google',
  // Google's prices cover Vertex too, which offers what the Gemini API does not.
  offersModel: (name) => /^gem(ini|ma)/.test(name),
  load: async () => (await import('./google.ts')).createGemini,
};

export default vendor;
