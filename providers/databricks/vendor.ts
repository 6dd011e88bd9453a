import type { Vendor } from '../vendor.ts';

const vendor: Vendor = {
  description: 'Databricks model serving. Requires baseUrl, the address of the workspace.',
  id: 'databricks',
  label: 'Databricks',
  reference: 'https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference',
  baseUrl: null,
  basePath: '/serving-endpoints',
  requires: ['secret', 'baseUrl'],
  environment: { secret: [['DATABRICKS_TOKEN']], baseUrl: ['DATABRICKS_HOST'] },
  ownAddress: {
    host: /(?:^|\.)(?:cloud\.databricks\.com|azuredatabricks\.net|gcp\.databricks\.com)$/,
    path: /^\/(?:serving-endpoints|ai-gateway\/mlflow\/v1)$/,
    form: 'https://<workspace>/serving-endpoints',
  },
  pricesId: null,
  load: async () => (await import('./databricks.ts')).createDatabricks,
};

export default vendor;
