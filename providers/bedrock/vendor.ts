import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Amazon Bedrock. Requires region.',
  id: 'bedrock',
  label: 'Amazon Bedrock',
  reference: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  baseUrl: null,
  basePath: '',
  requires: ['secret', 'region'],
  environment: {
    secret: [
      ['AWS_BEARER_TOKEN_BEDROCK'],
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
    ],
    baseUrl: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'],
    region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  },
  pricesId: 'aws',
  isRegional: true,
  signsRequests: true,
  load: async () => (await import('./bedrock.ts')).createBedrock,
};

export default vendor;
